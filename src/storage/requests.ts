// The arguments and results of the methods of the storage contract (storage.ts), by subject.

export type * from "./change_requests.ts";
export type * from "./claim_requests.ts";
export type * from "./operation_requests.ts";
export type * from "./persist_requests.ts";
export type * from "./rate_slot_requests.ts";
export type * from "./relay_requests.ts";
export type * from "./worker_requests.ts";

// The operations on a store, as plain data, so that a sequence that fails with one driver can be
// repeated with every other.

/** The kinds of operations. */
export const operationKinds = [
  "dispatch",
  "dispatchKeyed",
  "dispatchSeries",
  "claim",
  "claimUnheard",
  "start",
  "finish",
  "staleWrite",
  "release",
  "cancel",
  "runNow",
  "pass",
  "heartbeat",
  "crash",
  "releaseLost",
  "pause",
  "resume",
] as const;

/** One operation. The numbers select the task, the worker, the queue and other details. */
export interface Operation {
  readonly kind: (typeof operationKinds)[number];
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

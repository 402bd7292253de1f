// What can happen to a store, as plain data: a sequence that has found a fault on one driver can be
// played on every other.

/** What can happen. The numbers choose among what there is. */
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

/** One operation. */
export interface Operation {
  readonly kind: (typeof operationKinds)[number];
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

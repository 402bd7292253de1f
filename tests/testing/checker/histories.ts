// Histories for tests of the checker: one that keeps every rule, and entries to break them with.

import type { FinalTask, History, HistoryEntry } from "../../../src/testing/checker/history.ts";

type Entry<Kind> = Extract<HistoryEntry, { kind: Kind }>;
type Parts<Kind> = Partial<Omit<Entry<Kind>, "kind">>;

const here = { at: 0, instance: "p1" };

/** A dispatch that the store carried out. */
export const stored = (parts: Parts<"stored"> = {}): Entry<"stored"> => ({
  ...here,
  kind: "stored",
  task: "t1",
  dispatch: 1,
  outcome: "created",
  status: "Queued",
  level: "Full",
  queue: "default",
  key: null,
  dueAt: 0,
  claimedBy: null,
  retries: 1,
  ...parts,
});

/** A claim that the store carried out. */
export const claimed = (parts: Parts<"claimed"> = {}): Entry<"claimed"> => ({
  ...here,
  kind: "claimed",
  task: "t1",
  worker: "w1",
  token: 1,
  attempt: 1,
  ...parts,
});

/** A change that the store carried out. */
export const changed = (parts: Parts<"changed"> = {}): Entry<"changed"> => ({
  ...here,
  kind: "changed",
  task: "t1",
  worker: "w1",
  token: 1,
  applied: true,
  transitions: ["InProgress", "Completed"],
  dueAt: null,
  returnsAttempt: false,
  ...parts,
});

/** A loss that the store carried out. */
export const lost = (parts: Parts<"lost"> = {}): Entry<"lost"> => ({
  ...here,
  kind: "lost",
  task: "t1",
  worker: "w1",
  lostCount: 1,
  poisoned: false,
  silentMs: 6_000,
  leaseMs: 5_000,
  ...parts,
});

/** A cancel that the store carried out. */
export const cancelled = (parts: Parts<"cancelled"> = {}): Entry<"cancelled"> => ({
  ...here,
  kind: "cancelled",
  task: "t1",
  outcome: "cancelled",
  ...parts,
});

/** A handler starts. */
export const started = (parts: Parts<"started"> = {}): Entry<"started"> => ({
  ...here,
  kind: "started",
  task: "t1",
  attempt: 1,
  queue: "default",
  slots: 1,
  ...parts,
});

/** A handler ends. */
export const ran = (
  kind: "returned" | "threw",
  parts: Parts<"returned" | "threw"> = {},
): HistoryEntry => ({
  ...here,
  kind,
  task: "t1",
  attempt: 1,
  aborted: null,
  ...parts,
});

/** Something happens to a process. */
export const processDid = (what: string, parts: Parts<"process"> = {}): HistoryEntry => ({
  ...here,
  kind: "process",
  what,
  ...parts,
});

/** A call of an instance. */
export const asked = (what = "dispatch 1", call = 1): HistoryEntry => ({
  ...here,
  kind: "asked",
  call,
  what,
});

/** The answer to a call. */
export const answered = (parts: Parts<"answered"> = {}): HistoryEntry => ({
  ...here,
  kind: "answered",
  call: 1,
  what: "dispatch 1",
  task: "t1",
  answer: "created",
  ...parts,
});

/** A task that has completed in its first attempt. */
export const completed = (parts: Partial<FinalTask> = {}): FinalTask => ({
  task: "t1",
  status: "Completed",
  level: "Full",
  key: null,
  worker: null,
  dueAt: null,
  attempt: 1,
  lostCount: 0,
  token: 1,
  cancelRequested: false,
  trail: ["Queued", "InProgress", "Completed"],
  trailAt: [0, 0, 0],
  ...parts,
});

/** One task that is dispatched, fails, is tried again and completes. */
export const wellKept: History = {
  entries: [
    processDid("starts"),
    asked(),
    stored({ at: 1 }),
    answered({ at: 2 }),
    claimed({ at: 3 }),
    started({ at: 4 }),
    ran("threw", { at: 5 }),
    changed({ at: 6, transitions: ["InProgress", "Pending!"], dueAt: 10 }),
    claimed({ at: 10, token: 2, attempt: 2 }),
    started({ at: 11, attempt: 2 }),
    ran("returned", { at: 12, attempt: 2 }),
    changed({ at: 13, token: 2, transitions: ["Queued", "InProgress", "Completed"] }),
    processDid("stops", { at: 14 }),
    processDid("stopped", { at: 15 }),
  ],
  tasks: [completed({
    attempt: 2,
    token: 2,
    trail: ["Queued", "InProgress", "Pending!", "Queued", "InProgress", "Completed"],
    trailAt: [1, 4, 5, 10, 11, 12],
  })],
};

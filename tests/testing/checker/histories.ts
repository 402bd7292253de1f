// Histories for tests of the checker: one that follows every rule, and entries that violate a rule.

import type { IntervalRecurrence } from "../../../src/schedule/recurrence.ts";
import type { FinalTask, History, HistoryEntry } from "../../../src/testing/checker/history.ts";
import type { StoredSeries } from "../../../src/testing/checker/stored_series.ts";

type Entry<Kind> = Extract<HistoryEntry, { kind: Kind }>;
type Parts<Kind> = Partial<Omit<Entry<Kind>, "kind">>;

const here = { at: 0, instance: "p1" };

/** An entry for a dispatch that the store applied. */
export const stored = (parts: Parts<"stored"> = {}): Entry<"stored"> => ({
  ...here,
  kind: "stored",
  task: "t1",
  dispatch: 1,
  outcome: "created",
  type: "plain",
  priority: 0,
  status: "Queued",
  level: "Full",
  queue: "default",
  key: null,
  dueAt: 0,
  claimedBy: null,
  retries: 1,
  series: null,
  ...parts,
});

/** An entry for the dispatch of a series that runs every second. */
export const storedSeries = (
  schedule: Partial<IntervalRecurrence> = {},
  parts: Parts<"stored"> = {},
  limits: Partial<StoredSeries> = {},
): Entry<"stored"> =>
  stored({
    status: "WaitingQueue",
    dueAt: 1_000,
    series: {
      schedule: { kind: "interval", every: 1, unit: "seconds", ...schedule },
      anchorAt: 0,
      maxRuns: null,
      runUntil: 10_000,
      nextRunAt: 1_000,
      ...limits,
    },
    ...parts,
  });

/** An entry for a claim that the store applied. */
export const claimed = (parts: Parts<"claimed"> = {}): Entry<"claimed"> => ({
  ...here,
  kind: "claimed",
  task: "t1",
  worker: "w1",
  token: 1,
  attempt: 1,
  ...parts,
});

/** An entry for a status change that the store applied. */
export const changed = (parts: Parts<"changed"> = {}): Entry<"changed"> => ({
  ...here,
  kind: "changed",
  task: "t1",
  worker: "w1",
  token: 1,
  applied: true,
  transitions: ["InProgress", "Completed"],
  happenedAt: Array(parts.transitions?.length ?? 2).fill(Math.floor(parts.at ?? 0)),
  dueAt: null,
  returnsAttempt: false,
  executed: true,
  ...parts,
});

/** An entry for the end of a run that the store applied. */
export const runEnded = (parts: Parts<"runEnded"> = {}): Entry<"runEnded"> => ({
  ...here,
  kind: "runEnded",
  task: "t1",
  worker: "w1",
  token: 1,
  applied: true,
  transitions: ["Completed"],
  happenedAt: Array(parts.transitions?.length ?? 1).fill(Math.floor(parts.at ?? 0)),
  nextRunAt: null,
  counts: true,
  ...parts,
});

/** The entries for a whole run of a series: its claim, start and end. */
export const run = (
  number: number,
  { at, plannedAt, nextRunAt }: {
    readonly at: number;
    readonly plannedAt: number;
    readonly nextRunAt: number | null;
  },
): HistoryEntry[] => [
  claimed({ at, token: number }),
  started({ at, run: number, plannedAt }),
  ran("returned", { at }),
  runEnded({ at, token: number, nextRunAt }),
];

/** An entry for a slot of a rate limit of 1 per second with a burst of 1. */
export const slotTaken = (parts: Parts<"slotTaken"> = {}): Entry<"slotTaken"> => ({
  ...here,
  kind: "slotTaken",
  limit: "limited",
  goes: true,
  most: 2,
  periodMs: 1_000,
  ...parts,
});

/** An entry for a loss that the store applied. */
export const lost = (parts: Parts<"lost"> = {}): Entry<"lost"> => ({
  ...here,
  kind: "lost",
  task: "t1",
  worker: "w1",
  lostCount: 1,
  poisoned: false,
  poisonLimit: 5,
  silentMs: 6_000,
  leaseMs: 5_000,
  ...parts,
});

/** An entry for a cancellation that the store applied. */
export const cancelled = (parts: Parts<"cancelled"> = {}): Entry<"cancelled"> => ({
  ...here,
  kind: "cancelled",
  task: "t1",
  outcome: "cancelled",
  ...parts,
});

/** An entry for a task that an operator has read. */
export const seen = (parts: Parts<"seen"> = {}): Entry<"seen"> => ({
  ...here,
  kind: "seen",
  task: "t1",
  version: "v1",
  ...parts,
});

/** An entry for an action of an operator that changed one task, and was recorded. */
export const acted = (parts: Parts<"acted"> = {}): Entry<"acted"> => ({
  ...here,
  kind: "acted",
  by: "p1 1",
  verb: "edit",
  recorded: true,
  continues: false,
  isBatch: false,
  changed: 1,
  skipped: 0,
  ...parts,
});

/** An entry for the change of a task by an operator, which the store applied. */
export const edited = (parts: Parts<"edited"> = {}): Entry<"edited"> => ({
  ...here,
  kind: "edited",
  by: "p1 1",
  task: "t1",
  version: "v1",
  named: null,
  applied: true,
  change: { priority: 1 },
  ...parts,
});

/** An entry for the start of a handler. */
export const started = (parts: Parts<"started"> = {}): Entry<"started"> => ({
  ...here,
  kind: "started",
  task: "t1",
  attempt: 1,
  queue: "default",
  slots: 1,
  run: null,
  plannedAt: null,
  limit: null,
  ...parts,
});

/** An entry for the end of a handler. */
export const ran = (
  kind: "returned" | "threw",
  parts: Parts<"returned" | "threw"> = {},
): HistoryEntry => ({
  ...here,
  kind,
  task: "t1",
  attempt: 1,
  run: null,
  aborted: null,
  ...parts,
});

/** An entry for a change of a process. */
export const processDid = (what: string, parts: Parts<"process"> = {}): HistoryEntry => ({
  ...here,
  kind: "process",
  what,
  ...parts,
});

/** An entry for a call of an instance. */
export const asked = (what = "dispatch 1", call = 1): HistoryEntry => ({
  ...here,
  kind: "asked",
  call,
  what,
});

/** An entry for the result of a call. */
export const answered = (parts: Parts<"answered"> = {}): HistoryEntry => ({
  ...here,
  kind: "answered",
  call: 1,
  what: "dispatch 1",
  task: "t1",
  answer: "created",
  ...parts,
});

/** The final state of a task that completed in its first attempt. */
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
  runs: [],
  series: null,
  ...parts,
});

/** The history of a task that is dispatched, fails, is retried and completes. */
export const wellKept: History = {
  startsAt: 0,
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

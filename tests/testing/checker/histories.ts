// Histories for tests of the checker: one that follows every rule, and entries that violate a rule.

import type { IntervalRecurrence } from "../../../src/schedule/recurrence.ts";
import type {
  FinalTask,
  History,
  HistoryEntry,
  StoredSeries,
} from "../../../src/testing/checker/history.ts";

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

/** A dispatch of a series that runs each second, from the first on. */
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
  happenedAt: Array(parts.transitions?.length ?? 2).fill(Math.floor(parts.at ?? 0)),
  dueAt: null,
  returnsAttempt: false,
  executed: true,
  ...parts,
});

/** A run that the store carried out as ended. */
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

/** A whole run of a series: it is claimed, starts and ends. */
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

/** An answer of a rate limit of 1 a second, with a burst of 1. */
export const slotTaken = (parts: Parts<"slotTaken"> = {}): Entry<"slotTaken"> => ({
  ...here,
  kind: "slotTaken",
  limit: "limited",
  goes: true,
  most: 2,
  periodMs: 1_000,
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
  poisonLimit: 5,
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
  run: null,
  plannedAt: null,
  limit: null,
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
  run: null,
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
  runs: [],
  series: null,
  ...parts,
});

/** One task that is dispatched, fails, is tried again and completes. */
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

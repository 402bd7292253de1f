// Rules about how attempts end, and what follows.

import type { HistoryEntry } from "./history.ts";
import { momentsOf, type ReplayedHistory } from "./replay.ts";
import { asksForCancel } from "./operator_rules.ts";
import { locate, type Rule } from "./rule.ts";
import { repeatsStart } from "./task_state.ts";

/** The write of a status change, or of the end of a run. */
type EndEntry = Extract<HistoryEntry, { kind: "changed" | "runEnded" }>;

/** A final status must have a cause among the events. */
export const endingsHaveReasons: Rule = {
  name: "a task completes by a return, fails by an error, and is cancelled by a cancel",
  check(history) {
    return momentsOf(history, "changed", "runEnded").flatMap(({ entry }) => {
      const last = entry.transitions.at(-1)!;
      return !entry.applied || hasReason(history, entry, last) ? [] : [`${locate(entry)}: ${last}`];
    });
  },
};

function hasReason(history: ReplayedHistory, end: EndEntry, status: string): boolean {
  const before = inLease(history, end);
  const did = (...kinds: HistoryEntry["kind"][]) => before.some(({ kind }) => kinds.includes(kind));
  const isSkipped = end.kind === "runEnded" && !end.counts;
  if (status === "Completed") return isSkipped || did("returned", "completes");
  if (status === "Failed!" || status === "Pending!") {
    // A handler that continues after its timeout has no entry for its end.
    return did("threw", "started") || wasRefused(before);
  }
  if (status !== "Cancelled") return true;
  return history.history.entries.some((entry) =>
    (entry.kind === "cancelled" && entry.task === end.task && entry.outcome === "requested") ||
    (entry.kind === "edited" && entry.task === end.task && asksForCancel(entry))
  );
}

/** A task is retried as often as its policy allows. */
export const retriesAsAllowed: Rule = {
  name: "a task is retried as often as its policy allows, and fails only after that",
  check: (history) =>
    momentsOf(history, "changed", "runEnded").flatMap(({ entry, before, after }) => {
      if (!entry.applied || before === undefined || before.retries === null) return [];
      const said = `${locate(entry)}: tried again ${before.failures} times of ${before.retries}`;
      const last = entry.transitions.at(-1);
      if (last === "Pending!") return after!.failures > before.retries ? [said] : [];
      const isEarly = last === "Failed!" && before.failures < before.retries &&
        !hasFailedOtherwise(inLease(history, entry));
      return isEarly ? [`${said}, and has failed`] : [];
    }),
};

/** Reports whether a task failed by a timeout or a rate limit, and not by its retry policy. */
function hasFailedOtherwise(lease: readonly HistoryEntry[]): boolean {
  if (wasRefused(lease)) return true;
  // A handler of an attempt that was lost may end later in the same process.
  const attempt = lease[0]?.kind === "claimed" ? lease[0].attempt : 1;
  const last = lease.findLast((entry) =>
    ["started", "returned", "threw"].includes(entry.kind) && "attempt" in entry &&
    entry.attempt === attempt
  );
  if (last?.kind === "started") return true; // it continued after its timeout, and was given up
  return last !== undefined && "aborted" in last && last.aborted === "TimeoutError";
}

/** Reports whether a rate limit refused a slot to the process during the lease. */
function wasRefused(lease: readonly HistoryEntry[]): boolean {
  return lease.some((entry) => entry.kind === "slotTaken" && !entry.goes);
}

/**
 * Returns the entries of a process from a claim of a task to `end`, the write under the lease of
 * that claim: the entries of the task, and the answers of rate limits.
 */
export function inLease(
  { history: { entries } }: ReplayedHistory,
  end: EndEntry,
): readonly HistoryEntry[] {
  const before = entries.slice(0, entries.indexOf(end));
  const claim = before.findLastIndex((entry) =>
    (entry.kind === "claimed" && entry.task === end.task && entry.token === end.token) ||
    (entry.kind === "stored" && entry.task === end.task && entry.claimedBy !== null)
  );
  return before.slice(Math.max(0, claim)).filter((entry) =>
    entry.instance === end.instance &&
    (entry.kind === "slotTaken" || ("task" in entry && entry.task === end.task))
  );
}

/** An attempt skips none of its statuses. */
export const statusesInOrder: Rule = {
  name: "a task becomes Queued, then InProgress, and then has the outcome of its attempt",
  check: (history) =>
    momentsOf(history, "changed", "runEnded").flatMap(({ entry, before }) => {
      if (!entry.applied || before === undefined || repeatsStart(before, entry)) return [];
      const statuses = [before.status, ...entry.transitions];
      const skipped = entry.transitions.filter((status, i) => {
        if (status === "InProgress") return statuses[i] !== "Queued";
        const isOutcome = status === "Pending!" || (status === "Completed" && isRealEnd(entry));
        return isOutcome && statuses[i] !== "InProgress";
      });
      return skipped.map((status) => `${locate(entry)}: ${status} after ${before.status}`);
    }),
};

/** A transaction of a handler must not commit without the completion. */
export const completionsCommit: Rule = {
  name: "a handler's transaction commits only together with the completion of its task",
  check(history) {
    const asked = new Map<string, number>();
    const completed = new Map<string, number>();
    const broken: string[] = [];
    const add = (to: Map<string, number>, key: string, count: number) =>
      to.set(key, (to.get(key) ?? 0) + count).get(key)!;
    for (const { entry } of history.moments) {
      if (!("task" in entry)) continue;
      const key = `${entry.instance} ${entry.task}`;
      if (entry.kind === "completes") add(asked, key, 1);
      const isWrite = entry.kind === "changed" || entry.kind === "runEnded";
      if (isWrite && entry.applied && entry.transitions.at(-1) === "Completed") {
        if ((asked.get(key) ?? 0) > 0) add(completed, key, 1);
      }
      if (entry.kind === "committed" && add(completed, key, -1) < 0) broken.push(locate(entry));
    }
    return broken;
  },
};

function isRealEnd(entry: EndEntry): boolean {
  return entry.kind === "changed" || entry.counts;
}

/** All rules about the ends of attempts. */
export const endingRules: readonly Rule[] = [
  endingsHaveReasons,
  retriesAsAllowed,
  statusesInOrder,
  completionsCommit,
];

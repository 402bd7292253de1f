// Rules about the results of calls of instances, and about handlers.

import type { HistoryEntry } from "./history.ts";
import { makesDue } from "./operator_rules.ts";
import { momentsOf, type ReplayedHistory } from "./replay.ts";
import { locate, type Rule } from "./rule.ts";

/** The start or the end of a handler. */
type RunEntry = Extract<HistoryEntry, { kind: "started" | "returned" | "threw" }>;

/** A confirmed dispatch is stored. */
export const nothingLost: Rule = {
  name: "every dispatch that was confirmed is stored",
  check(history) {
    const stored = new Set(history.history.tasks.map(({ task }) => task));
    return momentsOf(history, "answered")
      .filter(({ entry: { what, task } }) =>
        what.startsWith("dispatch") && task !== null && !stored.has(task) &&
        !history.purged.has(task) && !history.deleted.has(task)
      )
      .map(({ entry }) => locate(entry));
  },
};

/** The results of dispatches that store nothing. */
const refusals = ["StoppedError", "UnknownTaskTypeError", "rolled back"];

/** A dispatch stores at most one task, regardless of retries. A rejected dispatch stores none. */
export const storedOnce: Rule = {
  name: "a dispatch stores at most one task, and none if it was refused",
  check(history) {
    const refused = new Set(
      momentsOf(history, "answered").filter(({ entry }) => refusals.includes(entry.answer))
        .map(({ entry }) => entry.what),
    );
    const created = momentsOf(history, "stored").filter(({ entry, before }) =>
      before === undefined && entry.outcome === "created" && entry.dispatch > 0
    );
    const seen = new Map<number, string>();
    return created.filter(({ entry: { dispatch, task } }) => {
      // A dispatch that is repeated stores its task again if an operator has deleted it.
      const isRepeated = seen.has(dispatch) &&
        !(seen.get(dispatch) === task && history.deleted.has(task));
      seen.set(dispatch, task);
      return isRepeated || refused.has(`dispatch ${dispatch}`);
    }).map(({ entry }) => `${locate(entry)} for dispatch ${entry.dispatch}`);
  },
};

/** Every call is answered. */
export const callsAnswered: Rule = {
  name: "every call is answered, unless its process ends",
  check(history) {
    const answered = new Set(
      momentsOf(history, "answered").map(({ entry }) => `${entry.instance} ${entry.call}`),
    );
    const ended = endedProcesses(history);
    return momentsOf(history, "asked")
      .filter(({ entry: { instance, call } }) =>
        !answered.has(`${instance} ${call}`) && !ended.has(instance)
      )
      .map(({ entry }) => `${locate(entry)}: ${entry.what}`);
  },
};

/** Every process ends after the faults have ended. */
export const stopsEnd: Rule = {
  name: "every process ends by a stop or a kill",
  check(history) {
    const ended = endedProcesses(history);
    const all = new Set(momentsOf(history, "process").map(({ entry }) => entry.instance));
    return [...all].filter((instance) => !ended.has(instance));
  },
};

/** Each start needs a claim, and each claim permits one start. */
export const startsClaimed: Rule = {
  name: "a handler starts at most once for each claim of its process",
  check(history) {
    const claims = new Map<string, number>();
    const broken: string[] = [];
    for (const { entry, before } of history.moments) {
      const isClaim = entry.kind === "claimed" ||
        (entry.kind === "stored" && entry.claimedBy !== null && before === undefined);
      if (!isClaim && entry.kind !== "started") continue;
      const key = `${entry.instance} ${entry.task}`;
      const left = (claims.get(key) ?? 0) + (isClaim ? 1 : -1);
      claims.set(key, left);
      if (left < 0) broken.push(`${locate(entry)} without a claim of its own`);
    }
    return broken;
  },
};

/**
 * A process does not exceed the parallelism of a queue. A handler whose signal has aborted does not
 * count, because it may continue after its slot was freed.
 */
export const slotsHold: Rule = {
  name: "a process runs no more handlers of a queue at a time than it has slots",
  check({ history: { entries } }) {
    const broken: string[] = [];
    const running: Extract<HistoryEntry, { kind: "started" }>[] = [];
    entries.forEach((entry, index) => {
      if (entry.kind === "returned" || entry.kind === "threw") {
        const at = running.findIndex((each) => isSameRun(each, entry));
        if (at >= 0) running.splice(at, 1);
      }
      if (entry.kind !== "started") return;
      const end = entries.slice(index).find((each) =>
        (each.kind === "returned" || each.kind === "threw") && isSameRun(entry, each)
      );
      if (end === undefined || ("aborted" in end && end.aborted !== null)) return;
      running.push(entry);
      const beside = running.filter(({ instance, queue }) =>
        instance === entry.instance && queue === entry.queue
      );
      if (beside.length > entry.slots) broken.push(`${locate(entry)} beside ${beside.length - 1}`);
    });
    return broken;
  },
};

function isSameRun(start: RunEntry, other: RunEntry): boolean {
  return start.instance === other.instance && start.task === other.task &&
    start.attempt === other.attempt && start.run === other.run;
}

/** A confirmed cancel is final, unless the task is made due again. */
export const cancelsHold: Rule = {
  name: "no handler starts once a cancel was confirmed, or the task has ended",
  check(history) {
    const over = new Set<string>();
    const asked = new Map<string, number>();
    const revived = new Map<string, number>();
    const broken: string[] = [];
    history.history.entries.forEach((entry, index) => {
      if (entry.kind === "asked") asked.set(`${entry.instance} ${entry.call}`, index);
      if (entry.kind === "answered" && ["cancelled", "ended"].includes(entry.answer)) {
        // The task may have been made due between the cancel and the answer.
        const askedAt = asked.get(`${entry.instance} ${entry.call}`) ?? -1;
        if ((revived.get(entry.task!) ?? -2) < askedAt) over.add(entry.task!);
      }
      if (
        (entry.kind === "madeDue" && entry.isDue) ||
        (entry.kind === "stored" && entry.outcome === "updated") ||
        (entry.kind === "edited" && makesDue(entry))
      ) {
        over.delete(entry.task);
        revived.set(entry.task, index);
      }
      if (entry.kind === "started" && over.has(entry.task)) broken.push(locate(entry));
    });
    return broken;
  },
};

/**
 * A stopping process begins no attempt. An attempt begins when `InProgress` is stored or the
 * handler is called, whichever is first. If `InProgress` was stored before the stop, the handler
 * may therefore be called after the stop.
 */
export const stopsHold: Rule = {
  name: "no attempt begins in a process that stops",
  check(history) {
    const stopping = new Set<string>();
    const begun = new Set<string>();
    const broken: string[] = [];
    for (const { entry } of history.moments) {
      if (entry.kind === "process" && entry.what === "stops") stopping.add(entry.instance);
      if (entry.kind === "changed" && entry.transitions.at(-1) === "InProgress") {
        begun.add(`${entry.instance} ${entry.task}`);
      }
      if (entry.kind === "claimed") begun.delete(`${entry.instance} ${entry.task}`);
      if (entry.kind !== "started" || !stopping.has(entry.instance)) continue;
      if (!begun.has(`${entry.instance} ${entry.task}`)) broken.push(locate(entry));
    }
    return broken;
  },
};

/** Returns the processes that were stopped or killed. */
function endedProcesses(history: ReplayedHistory): ReadonlySet<string> {
  return new Set(
    momentsOf(history, "process")
      .filter(({ entry }) => ["stopped", "killed"].includes(entry.what))
      .map(({ entry }) => entry.instance),
  );
}

/** All rules about instances and handlers. */
export const callRules: readonly Rule[] = [
  nothingLost,
  storedOnce,
  callsAnswered,
  stopsEnd,
  startsClaimed,
  slotsHold,
  cancelsHold,
  stopsHold,
];

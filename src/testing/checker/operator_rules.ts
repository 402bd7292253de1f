// Rules about changes by operators.

import { versionOf } from "./edited_task.ts";
import type { HistoryEntry } from "./history.ts";
import { momentsOf } from "./replay.ts";
import { locate, type Rule } from "./rule.ts";

/** A change of a task by an operator. */
type EditEntry = Extract<HistoryEntry, { kind: "edited" }>;

/** Reports whether a change has made a task due, so that it may run again. */
export function makesDue({ applied, change }: EditEntry): boolean {
  return applied && change !== "delete" && change.dueAt != null;
}

/** Reports whether a change has given a series an extra run. */
export function runsExtra({ applied, change }: EditEntry): boolean {
  return applied && change !== "delete" && change.dueAt === "soonest";
}

/** Reports whether a change asks the worker that holds the task to cancel it. */
export function asksForCancel({ applied, change }: EditEntry): boolean {
  return applied && change !== "delete" && change.cancelRequested === true;
}

/** Compare-and-set: operators do not undo what they have not seen. */
export const versionsHold: Rule = {
  name: "an operator changes a task in the version that was seen, and in no other",
  check(history) {
    // Outside of the store, it is unknown which of two reads and writes was first.
    if (history.history.isObserved) return [];
    const seen = new Map<string, string | undefined>();
    const broken: string[] = [];
    for (const { entry, before } of history.moments) {
      const present = before && versionOf(before);
      if (entry.kind === "seen") seen.set(`${entry.task} ${entry.version}`, present);
      if (entry.kind !== "edited") continue;
      const isUnchanged = present !== undefined &&
        seen.get(`${entry.task} ${entry.version}`) === present;
      if (entry.applied && entry.named !== null && entry.named !== entry.version) {
        broken.push(`${locate(entry)} by ${entry.by}, who has named ${entry.named}`);
      }
      if (entry.applied !== isUnchanged) {
        const how = entry.applied ? "applied" : "refused";
        broken.push(`${locate(entry)} by ${entry.by} was ${how}; its version is ${present}`);
      }
    }
    return broken;
  },
};

/** A worker's lease protects its task from operators. */
export const heldTasksStay: Rule = {
  name: "operators only cancel or pause a task that a worker holds",
  check: (history) =>
    momentsOf(history, "edited")
      .filter(({ entry, before }) => entry.applied && before?.worker != null && !isRequest(entry))
      .map(({ entry, before }) => `${locate(entry)}, which ${before?.worker} holds`),
};

function isRequest({ change }: EditEntry): boolean {
  return change !== "delete" &&
    Object.keys(change).every((field) => field === "cancelRequested" || field === "paused");
}

/** A deletion is final. */
export const deletionsHold: Rule = {
  name: "a deleted task is gone and never runs again, unless its dispatch is repeated",
  check(history) {
    const gone = new Set<string>();
    const broken: string[] = [];
    for (const { entry, after } of history.moments) {
      if (!("task" in entry) || entry.task === null) continue;
      if (entry.kind === "edited" && entry.applied && entry.change === "delete") {
        gone.add(entry.task);
      }
      if (entry.kind === "stored" && after !== undefined) gone.delete(entry.task);
      const isRun = entry.kind === "started" || entry.kind === "claimed";
      if (isRun && gone.has(entry.task)) broken.push(locate(entry));
    }
    const left = history.history.tasks.filter(({ task }) => gone.has(task));
    return [...broken, ...left.map(({ task }) => `${task} is still there`)];
  },
};

/** Handlers see the payload that an operator has given. */
export const payloadsAsEdited: Rule = {
  name: "a handler gets the payload that its task has when it is claimed",
  check(history) {
    const given = new Map<string, number | undefined>();
    const broken: string[] = [];
    for (const { entry, before, after } of history.moments) {
      const isClaim = entry.kind === "claimed" ||
        (entry.kind === "stored" && entry.claimedBy !== null && before === undefined);
      if (isClaim) given.set(`${entry.instance} ${entry.task}`, after?.dispatch);
      if (entry.kind !== "started" || entry.dispatch === undefined) continue;
      const expected = given.get(`${entry.instance} ${entry.task}`) ?? entry.dispatch;
      if (entry.dispatch === expected) continue;
      broken.push(`${locate(entry)} with ${entry.dispatch}, not ${expected}`);
    }
    return broken;
  },
};

/** Every change by an operator is recorded with it. */
export const actionsRecorded: Rule = {
  name: "each action of an operator that changes something is recorded once, with its extent",
  check({ history: { entries, actions } }) {
    const expected = new Map<string, Extent>();
    const stored = new Map<string, Extent>();
    const broken: string[] = [];
    for (const entry of entries) {
      if (entry.kind === "acted") {
        const { by, changed, skipped, recorded, continues, isBatch } = entry;
        if (recorded) add(expected, by, { count: continues ? 0 : 1, changed, skipped });
        else if (changed > 0) broken.push(`${locate(entry)} by ${by} is not recorded`);
        if (recorded && changed === 0 && !isBatch) {
          broken.push(`${locate(entry)} by ${by} is recorded, and changed nothing`);
        }
      } else if ((entry.kind === "paused" || entry.kind === "resumed") && entry.by !== undefined) {
        add(expected, entry.by, { count: 1, changed: 1, skipped: 0 });
      }
    }
    if (actions === undefined) return broken;
    for (const { by, changed, skipped } of actions) {
      add(stored, by, { count: 1, changed, skipped });
    }
    for (const by of new Set([...expected.keys(), ...stored.keys()])) {
      const [is, must] = [textOf(stored.get(by)), textOf(expected.get(by))];
      if (is !== must) broken.push(`the record of ${by} is ${is}, not ${must}`);
    }
    return broken;
  },
};

/** The number of actions of an operator, and of the tasks that they changed and skipped. */
interface Extent {
  readonly count: number;
  readonly changed: number;
  readonly skipped: number;
}

function add(to: Map<string, Extent>, by: string, more: Extent): void {
  const { count, changed, skipped } = to.get(by) ?? { count: 0, changed: 0, skipped: 0 };
  to.set(by, {
    count: count + more.count,
    changed: changed + more.changed,
    skipped: skipped + more.skipped,
  });
}

function textOf(extent: Extent | undefined): string {
  if (extent === undefined) return "missing";
  return `${extent.count} actions, ${extent.changed} changed, ${extent.skipped} skipped`;
}

/** The word with which calls of operators begin. */
const operatorCall = "operate ";

/** The answer that operators get is true. */
export const answersTrue: Rule = {
  name: "an operator is told what was done: a refused change has changed nothing",
  check({ history: { entries } }) {
    const applied = new Map<string, number>();
    for (const entry of entries) {
      const isDone = (entry.kind === "edited" && entry.applied) || entry.kind === "paused" ||
        entry.kind === "resumed";
      if (isDone && entry.by !== undefined) {
        applied.set(entry.by, (applied.get(entry.by) ?? 0) + 1);
      }
    }
    return entries.flatMap((entry) => {
      if (entry.kind !== "answered" || !entry.what.startsWith(operatorCall)) return [];
      const told = changesTold(entry.answer);
      const done = applied.get(`${entry.instance} ${entry.call}`) ?? 0;
      if (told === null || told === done) return [];
      return [`${locate(entry)}: ${entry.what} was answered ${entry.answer}; ${done} changed`];
    });
  },
};

/** Returns how many changes an answer tells of; null if it is an error, which does not tell. */
function changesTold(answer: string): number | null {
  if (answer.startsWith("refused")) return 0;
  const changed = /^changed (\d+)$/.exec(answer);
  return changed === null ? null : Number(changed[1]);
}

/** All rules about operators. */
export const operatorRules: readonly Rule[] = [
  versionsHold,
  heldTasksStay,
  deletionsHold,
  payloadsAsEdited,
  actionsRecorded,
  answersTrue,
];

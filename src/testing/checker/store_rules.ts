// Rules about the operations of the store: leases, fences, attempts, keys, queues.

import type { History } from "./history.ts";
import { momentsOf, replay } from "./replay.ts";
import { locate, type Rule } from "./rule.ts";
import { hasEnded, isHeld } from "./task_state.ts";

/** A task never has two valid leases. */
export const oneLease: Rule = {
  name: "a claim takes only unclaimed tasks",
  check: (history) =>
    momentsOf(history, "claimed").filter(({ before }) => before?.worker !== null)
      .map(({ entry, before }) => `${locate(entry)}, which ${before?.worker} holds`),
};

/** Tasks are not claimed before they are due. */
export const dueFirst: Rule = {
  name: "a claim takes only due tasks",
  check: (history) =>
    momentsOf(history, "claimed")
      .filter(({ entry, before }) => !(before?.dueAt != null && before.dueAt <= entry.at))
      .map(({ entry, before }) => `${locate(entry)}, which is due at ${before?.dueAt}`),
};

/** All writes of the lease's holder are applied, and no others. */
export const fenced: Rule = {
  name: "a write is applied if its lease is held, and only then",
  check: (history) =>
    momentsOf(history, "changed", "runEnded")
      .filter(({ entry, before }) => entry.applied !== isHeld(before, entry))
      .map(({ entry, before }) =>
        `${locate(entry)} by ${entry.worker} with token ${entry.token} was ` +
        `${entry.applied ? "applied" : "refused"}; ${before?.worker} has token ${before?.token}`
      ),
};

/** Each claim has its own token. */
export const tokensRise: Rule = {
  name: "each claim raises the lease token by one",
  check: (history) =>
    momentsOf(history, "claimed").filter(({ entry, after }) => entry.token !== after?.token)
      .map(({ entry, after }) => `${locate(entry)} with token ${entry.token}, not ${after?.token}`),
};

/** The order of the queue. */
export const bestFirst: Rule = {
  name: "a claim takes the highest priority first, then the task that has been due for longest",
  check({ history }) {
    const broken: string[] = [];
    if (history.isObserved) return []; // a claim skips tasks that another one locks
    const knows = typesByProcess(history);
    replay(history, (entry, states) => {
      const chosen = entry.kind === "claimed" ? states.get(entry.task) : undefined;
      if (entry.kind !== "claimed" || chosen === undefined) return;
      for (const [task, { type, queue, priority, dueAt }] of states) {
        const isWaiting = dueAt !== null && dueAt <= entry.at && queue === chosen.queue;
        if (!isWaiting || !knows.get(entry.instance)?.includes(type)) continue;
        const isBetter = priority > chosen.priority ||
          (priority === chosen.priority && dueAt < (chosen.dueAt ?? -Infinity));
        if (isBetter) broken.push(`${locate(entry)}, though ${task} comes first`);
      }
    });
    return broken;
  },
};

/** A process claims only tasks that it has handlers for. */
export const knownTypes: Rule = {
  name: "a process claims only tasks of the types that it knows",
  check(history) {
    const knows = typesByProcess(history.history);
    return momentsOf(history, "claimed")
      .filter(({ entry, before }) =>
        before !== undefined && knows.get(entry.instance)?.includes(before.type) === false
      )
      .map(({ entry, before }) => `${locate(entry)} of type ${before?.type}`);
  },
};

/** The types that each process runs. */
function typesByProcess({ entries }: History): ReadonlyMap<string, readonly string[]> {
  const starts = entries.filter((entry) => entry.kind === "process");
  return new Map(starts.flatMap(({ instance, knows }) => knows ? [[instance, knows]] : []));
}

/** Each attempt is counted once. */
export const attemptsCounted: Rule = {
  name: "each claim counts one attempt",
  check: (history) =>
    momentsOf(history, "claimed").filter(({ entry, after }) => entry.attempt !== after?.attempt)
      .map(({ entry, after }) => `${locate(entry)} as ${entry.attempt}, not ${after?.attempt}`),
};

/** Losses are counted by the rules of the contract. */
export const lossesCounted: Rule = {
  name: "a lost task is taken from its holder, counts the loss once, and fails above the limit",
  check: (history) =>
    momentsOf(history, "lost")
      .filter(({ entry, before, after }) =>
        before?.worker !== entry.worker || entry.lostCount !== after?.lostCount ||
        entry.poisoned !== (before?.status === "InProgress" && entry.lostCount > entry.poisonLimit)
      )
      .map(({ entry, before, after }) =>
        `${locate(entry)} from ${entry.worker} as ${entry.lostCount} of ${entry.poisonLimit}; ` +
        `${before?.worker} held it, and it is ${after?.lostCount}`
      ),
};

/** A lease is valid while its worker sends heartbeats. */
export const leasesHold: Rule = {
  name:
    "a task is taken only from a worker that was silent for longer than the lease, or unregistered",
  check: (history) =>
    momentsOf(history, "lost")
      .filter(({ entry: { silentMs, leaseMs } }) => silentMs !== null && silentMs <= leaseMs)
      .map(({ entry }) => `${locate(entry)} after ${entry.silentMs} ms of ${entry.leaseMs} ms`),
};

/** Nothing is written to a task that has ended. */
export const endsOnce: Rule = {
  name: "a task ends once",
  check: (history) =>
    momentsOf(history, "changed", "runEnded", "lost", "cancelled")
      .filter(({ before, after }) => before !== undefined && after !== before && hasEnded(before))
      .map(({ entry }) => `${locate(entry)}, which had ended`),
};

/** A key in use is not given to another task. */
export const oneTaskAKey: Rule = {
  name: "a key has at most one task that has not ended",
  check({ history }) {
    const broken: string[] = [];
    replay(history, (entry, states) => {
      if (entry.kind !== "stored" || entry.key === null || entry.outcome !== "created") return;
      if (states.has(entry.task)) return; // a dispatch that is repeated
      for (const [task, state] of states) {
        if (task === entry.task || state.key !== entry.key || hasEnded(state)) continue;
        broken.push(`${locate(entry)}, while ${task} has the key ${entry.key}`);
      }
    });
    return broken;
  },
};

/** Nothing is claimed from paused queues. */
export const pausesHold: Rule = {
  name: "nothing is claimed from a paused queue",
  check(history) {
    const paused = new Set<string>();
    const broken: string[] = [];
    for (const { entry, before, after } of history.moments) {
      if (entry.kind === "paused") paused.add(entry.queue);
      if (entry.kind === "resumed") paused.delete(entry.queue);
      const isClaim = entry.kind === "claimed" ||
        (entry.kind === "stored" && entry.claimedBy !== null && before === undefined);
      if (isClaim && paused.has(after?.queue ?? "")) broken.push(locate(entry));
    }
    return broken;
  },
};

/** All rules about the store. */
export const storeRules: readonly Rule[] = [
  oneLease,
  dueFirst,
  bestFirst,
  knownTypes,
  fenced,
  tokensRise,
  attemptsCounted,
  lossesCounted,
  leasesHold,
  endsOnce,
  oneTaskAKey,
  pausesHold,
];

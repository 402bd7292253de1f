// Converts the operations of the store to entries of a history.

import type {
  CancelOutcome,
  ClaimResult,
  LostTask,
  NewOperatorAction,
  NewTask,
  PersistResult,
  RateSlotRequest,
  RateSlots,
  ReleasedTask,
  ReleaseLostRequest,
  RunEnd,
  SeriesCorrection,
  StatusChange,
  TasksEdit,
  TasksEdited,
} from "../../storage/requests.ts";
import type { TaskPage } from "../../storage/queries.ts";
import type { TaskRecord } from "../../storage/records.ts";
import type { PurgeResult, RetentionPolicy } from "../../storage/retention.ts";
import type { StoreEntry } from "../checker/history.ts";
import { editEntries, seenEntry, storedSeries, type Telling } from "./edit_entries.ts";
import { Names } from "./names.ts";
import type { Verb } from "./network.ts";
import type { Play } from "./play.ts";
import { rateLimits } from "./scenario.ts";

/** Reads the parts of a history that depend on who dispatches the tasks. */
export interface TaskReading {
  /** Returns the number of the dispatch; 0 if it has none. */
  dispatchOf(task: Pick<NewTask, "payload">): number;
  /** Returns the maximum number of retries; null if it is unknown. */
  retriesOf(task: NewTask): number | null;
  /** Returns the limit of the budget that a request names; null if the history ignores it. */
  limitOf(request: RateSlotRequest): RateLimit | null;
}

/** A rate limit: at most `most` runs may start in any window of `periodMs`. */
export interface RateLimit {
  readonly limit: string;
  readonly most: number;
  readonly periodMs: number;
}

/** The number of retries of a task whose dispatch sets none. */
const defaultRetries = 3;

/** The tasks of drawn scenarios. */
export const drawnTasks: TaskReading = {
  dispatchOf: ({ payload }) => (JSON.parse(payload) as Play).number,
  retriesOf: ({ retryPolicy }) =>
    retryPolicy === null ? defaultRetries : JSON.parse(retryPolicy).retries,
  limitOf({ key }) {
    const limited = Object.entries(rateLimits).find(([type]) => key.startsWith(type));
    if (limited === undefined) return null;
    const [limit, { permits, burst, periodMs }] = limited;
    return { limit, most: permits + burst, periodMs };
  },
};

const msPerDay = 86_400_000;

/** Converts calls of a store to entries, with short names for tasks and workers. */
export class StoreEntries {
  readonly tasks = new Names("t");
  readonly workers = new Names("w");
  readonly #startsAt: number;
  readonly #reading: TaskReading;
  /** The instant of the last heartbeat of each worker. */
  readonly #heardAt = new Map<string, number>();
  readonly #telling: Telling = {
    taskName: (id) => this.tasks.of(id),
    sinceStart: (at) => at - this.#startsAt,
    dispatchOf: (task) => this.dispatchOf(task),
  };

  /** @param startsAt The beginning of the history, in epoch milliseconds. */
  constructor(startsAt: number, reading: TaskReading) {
    this.#startsAt = startsAt;
    this.#reading = reading;
  }

  /** Returns the number in a task's payload; 0 if it has none. */
  dispatchOf(task: Pick<NewTask, "payload">): number {
    return this.#reading.dispatchOf(task);
  }

  /**
   * Returns the entries of a call; none for a verb that changes no task, no queue and no budget.
   *
   * @param now The store's clock, in whole milliseconds from the start.
   */
  of(verb: Verb, args: readonly unknown[], result: unknown, now: number): StoreEntry[] {
    switch (verb) {
      case "persist":
        return this.#stored(args[0] as NewTask[], result as PersistResult[], now);
      case "claim": {
        const worker = this.workers.of((args[0] as { workerId: string }).workerId);
        return (result as ClaimResult).tasks.map(({ id, leaseToken: token, attempt }) => (
          { kind: "claimed", task: this.tasks.of(id), worker, token, attempt }
        ));
      }
      case "setStatusMany":
        return (args[0] as StatusChange[]).map((change, i) => ({
          kind: "changed",
          ...this.#heldWrite(change, (result as { applied: boolean }[])[i]!.applied, now),
          dueAt: change.dueInMs === undefined ? null : now + Math.round(change.dueInMs),
          returnsAttempt: change.returnAttempt ?? false,
          executed: change.executionTimeMs !== undefined,
        }));
      case "updateCurrentRunMany":
        return (args[0] as RunEnd[]).map((run, i) => ({
          kind: "runEnded",
          ...this.#heldWrite(run, (result as { applied: boolean }[])[i]!.applied, now),
          nextRunAt: this.#sinceStart(run.nextRunAt),
          counts: run.counts ?? true,
        }));
      case "requestCancel":
        return (args[0] as string[]).map((id, i) => (
          { kind: "cancelled", task: this.tasks.of(id), outcome: (result as CancelOutcome[])[i]! }
        ));
      case "makeDue":
        return (args[0] as string[]).map((id, i) => (
          { kind: "madeDue", task: this.tasks.of(id), isDue: (result as boolean[])[i]! }
        ));
      case "correctSeries":
        return (args[0] as SeriesCorrection[]).map(({ taskId }, i) => (
          { kind: "corrected", task: this.tasks.of(taskId), applied: (result as boolean[])[i]! }
        ));
      case "release": {
        const worker = this.workers.of(args[0] as string);
        return (args[1] as ReleasedTask[]).map(({ taskId, token, dueAt }) => ({
          kind: "released",
          task: this.tasks.of(taskId),
          worker,
          token,
          dueAt: dueAt - this.#startsAt,
        }));
      }
      case "releaseUnknown":
        return [{
          kind: "releasedUnknown",
          worker: this.workers.of(args[0] as string),
          known: (args[1] as string[]).map((id) => this.tasks.of(id)),
          count: result as number,
        }];
      case "releaseLost":
        return this.#lost(args[0] as ReleaseLostRequest, result as LostTask[], now);
      case "setQueuePaused":
        return [{
          kind: args[1] ? "paused" : "resumed",
          queue: args[0] as string,
          ...args[2] == null ? {} : { by: (args[2] as NewOperatorAction).by },
        }];
      case "editTasks":
        return editEntries(args[0] as TasksEdit, result as TasksEdited, now, this.#telling);
      case "get":
        return result === null ? [] : [seenEntry(result as TaskRecord, this.#telling)];
      case "list":
        return (result as TaskPage).items.map((task) => seenEntry(task, this.#telling));
      case "takeRateSlots":
        return this.#slotsTaken(args[0] as RateSlotRequest[], result as RateSlots);
      case "purge":
        return (result as PurgeResult).busy ? [] : [purged(args[0] as RetentionPolicy, now)];
      default:
        this.#noteWorker(verb, args, result, now);
        return [];
    }
  }

  #noteWorker(verb: Verb, args: readonly unknown[], result: unknown, now: number): void {
    if (verb === "registerWorker") this.#heardAt.set((args[0] as { id: string }).id, now);
    if (verb === "unregisterWorker") this.#heardAt.delete(args[0] as string);
    if (verb === "heartbeat" && (result as { alive: boolean }).alive) {
      this.#heardAt.set(args[0] as string, now);
    }
  }

  #stored(tasks: readonly NewTask[], results: readonly PersistResult[], now: number): StoreEntry[] {
    return tasks.map((task, i) => {
      const { id, outcome, claimed } = results[i]!;
      return {
        kind: "stored",
        task: this.tasks.of(id),
        dispatch: this.#reading.dispatchOf(task),
        outcome: outcome as "created",
        type: task.type,
        priority: task.priority,
        status: task.status,
        level: task.auditLevel,
        queue: task.queue,
        key: task.taskKey,
        dueAt: "at" in task.due ? task.due.at - this.#startsAt : now + Math.round(task.due.inMs),
        claimedBy: claimed ? this.workers.of(task.claimFor!) : null,
        retries: this.#reading.retriesOf(task),
        series: task.series === null ? null : storedSeries(task.series, this.#telling.sinceStart),
      };
    });
  }

  #lost(
    { leaseMs, poisonLimit }: ReleaseLostRequest,
    tasks: readonly LostTask[],
    now: number,
  ): StoreEntry[] {
    return tasks.map(({ taskId, workerId, lostCount, poisoned }) => {
      const heardAt = this.#heardAt.get(workerId);
      return {
        kind: "lost",
        task: this.tasks.of(taskId),
        worker: this.workers.of(workerId),
        lostCount,
        poisoned,
        poisonLimit,
        silentMs: heardAt === undefined ? null : now - heardAt,
        leaseMs,
      };
    });
  }

  #heldWrite({ taskId, lease, transitions }: StatusChange | RunEnd, applied: boolean, now: number) {
    return {
      task: this.tasks.of(taskId),
      worker: lease === undefined ? "-" : this.workers.of(lease.workerId),
      token: lease?.token ?? 0,
      applied,
      transitions: transitions.map(({ status, exception }) => marked(status, exception)),
      happenedAt: transitions.map(({ agoMs }) =>
        Math.round(this.#startsAt + now - agoMs) - this.#startsAt
      ),
    };
  }

  #slotsTaken(
    requests: readonly RateSlotRequest[],
    { now, slots }: RateSlots,
  ): StoreEntry[] {
    return requests.flatMap((request, i): StoreEntry[] => {
      const limit = this.#reading.limitOf(request);
      const { granted, slotAt } = slots[i]!;
      return limit === null
        ? []
        : [{ kind: "slotTaken", goes: granted && slotAt <= now, ...limit }];
    });
  }

  #sinceStart(at: number | null): number | null {
    return at === null ? null : at - this.#startsAt;
  }
}

function purged(policy: RetentionPolicy, now: number): StoreEntry {
  const before = (days: number | null | undefined) =>
    days == null ? -Infinity : now - days * msPerDay;
  const { statusAuditDays, errorAuditDays, runsAuditDays } = policy;
  return {
    kind: "purged",
    statusBefore: before(statusAuditDays),
    errorsBefore: before(errorAuditDays),
    runsBefore: before(runsAuditDays),
    tasksBefore: policy.deleteCompletedTasksAfterRetention ? before(statusAuditDays) : -Infinity,
  };
}

/**
 * Returns a status, followed by `!` if it has an exception. The text of the exception is omitted,
 * because it differs between runtimes.
 */
export function marked(status: string, exception: string | null): string {
  return exception === null ? status : `${status}!`;
}

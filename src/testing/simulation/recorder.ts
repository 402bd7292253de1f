// Records a history.

import type {
  CancelOutcome,
  ClaimResult,
  HeartbeatResult,
  LostTask,
  NewTask,
  PersistResult,
  ReleasedTask,
  ReleaseLostRequest,
  StatusChange,
  WorkerRegistration,
} from "../../storage/requests.ts";
import type { Storage } from "../../storage/storage.ts";
import type {
  CallEntry,
  FinalTask,
  HandlerEntry,
  History,
  HistoryEntry,
  ProcessEntry,
  StoreEntry,
} from "../checker/history.ts";
import { worldStart } from "./machine.ts";
import { Names } from "./names.ts";
import type { Verb } from "./network.ts";
import type { Play } from "./scenario.ts";
import type { Timeline } from "./timeline.ts";

/** The number of retries of a task whose dispatch sets none. */
const defaultRetries = 3;

/** Records a history. */
export class Recorder {
  readonly #timeline: Timeline;
  readonly #entries: HistoryEntry[] = [];
  readonly #tasks = new Names("t");
  readonly #workers = new Names("w");
  /** The instant of the last heartbeat of each worker. */
  readonly #heardAt = new Map<string, number>();

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  /** Returns the short name of a task. */
  taskName(id: string): string {
    return this.#tasks.of(id);
  }

  add(instance: string, entry: StoreEntry | CallEntry | HandlerEntry | ProcessEntry): void {
    this.#entries.push({ at: this.#timeline.now, instance, ...entry } as HistoryEntry);
  }

  /** Records an operation of the store, unless it changes neither a task nor a queue. */
  carriedOut(instance: string, verb: Verb, args: readonly unknown[], result: unknown): void {
    for (const entry of this.#entriesOf(verb, args, result)) this.add(instance, entry);
  }

  /** Returns the history with the present content of the store. */
  async end(store: Storage): Promise<History> {
    const { items } = await store.list({}, { limit: 1_000 });
    const tasks: FinalTask[] = [];
    for (const row of [...items].reverse()) {
      const trail = (await store.statusAudit(row.id, { limit: 1_000 })).items;
      tasks.push({
        task: this.#tasks.of(row.id),
        status: row.status,
        level: row.auditLevel,
        key: row.taskKey,
        worker: row.workerId === null ? null : this.#workers.of(row.workerId),
        dueAt: row.dueAt === null ? null : row.dueAt - worldStart,
        attempt: row.attempt,
        lostCount: row.lostCount,
        token: row.leaseToken,
        cancelRequested: row.cancelRequested,
        trail: trail.map(({ newStatus, exception }) => marked(newStatus, exception)),
        trailAt: trail.map(({ updatedAt }) => updatedAt - worldStart),
      });
    }
    return { entries: this.#entries, tasks };
  }

  #entriesOf(verb: Verb, args: readonly unknown[], result: unknown): StoreEntry[] {
    switch (verb) {
      case "persist":
        return this.#stored(args[0] as NewTask[], result as PersistResult[]);
      case "claim": {
        const worker = this.#workers.of((args[0] as { workerId: string }).workerId);
        return (result as ClaimResult).tasks.map(({ id, leaseToken: token, attempt }) => (
          { kind: "claimed", task: this.#tasks.of(id), worker, token, attempt }
        ));
      }
      case "setStatusMany":
        return this.#changed(args[0] as StatusChange[], result as { applied: boolean }[]);
      case "requestCancel":
        return (args[0] as string[]).map((id, i) => (
          { kind: "cancelled", task: this.#tasks.of(id), outcome: (result as CancelOutcome[])[i]! }
        ));
      case "release": {
        const worker = this.#workers.of(args[0] as string);
        return (args[1] as ReleasedTask[]).map(({ taskId, token, dueAt }) => ({
          kind: "released",
          task: this.#tasks.of(taskId),
          worker,
          token,
          dueAt: dueAt - worldStart,
        }));
      }
      case "releaseUnknown":
        return [{
          kind: "releasedUnknown",
          worker: this.#workers.of(args[0] as string),
          known: (args[1] as string[]).map((id) => this.#tasks.of(id)),
          count: result as number,
        }];
      case "registerWorker":
        this.#heardAt.set((args[0] as WorkerRegistration).id, this.#storeNow);
        return [];
      case "heartbeat":
        if ((result as HeartbeatResult).alive) this.#heardAt.set(args[0] as string, this.#storeNow);
        return [];
      case "unregisterWorker":
        this.#heardAt.delete(args[0] as string);
        return [];
      case "releaseLost":
        return this.#lost((args[0] as ReleaseLostRequest).leaseMs, result as LostTask[]);
      case "setQueuePaused":
        return [{ kind: args[1] ? "paused" : "resumed", queue: args[0] as string }];
      default:
        return [];
    }
  }

  #stored(tasks: readonly NewTask[], results: readonly PersistResult[]): StoreEntry[] {
    return tasks.map((task, i) => {
      const { id, outcome, claimed } = results[i]!;
      return {
        kind: "stored",
        task: this.#tasks.of(id),
        dispatch: (JSON.parse(task.payload) as Play).number,
        outcome: outcome as "created",
        status: task.status,
        level: task.auditLevel,
        queue: task.queue,
        key: task.taskKey,
        dueAt: "at" in task.due ? task.due.at - worldStart : this.#storeNow + task.due.inMs,
        claimedBy: claimed ? this.#workers.of(task.claimFor!) : null,
        retries: task.retryPolicy === null ? defaultRetries : JSON.parse(task.retryPolicy).retries,
      };
    });
  }

  #lost(leaseMs: number, tasks: readonly LostTask[]): StoreEntry[] {
    return tasks.map(({ taskId, workerId, lostCount, poisoned }) => {
      const heardAt = this.#heardAt.get(workerId);
      return {
        kind: "lost",
        task: this.#tasks.of(taskId),
        worker: this.#workers.of(workerId),
        lostCount,
        poisoned,
        silentMs: heardAt === undefined ? null : this.#storeNow - heardAt,
        leaseMs,
      };
    });
  }

  #changed(
    changes: readonly StatusChange[],
    results: readonly { readonly applied: boolean }[],
  ): StoreEntry[] {
    return changes.map(({ taskId, lease, transitions, dueInMs, returnAttempt = false }, i) => ({
      kind: "changed",
      task: this.#tasks.of(taskId),
      worker: lease === undefined ? "-" : this.#workers.of(lease.workerId),
      token: lease?.token ?? 0,
      applied: results[i]!.applied,
      transitions: transitions.map(({ status, exception }) => marked(status, exception)),
      dueAt: dueInMs === undefined ? null : this.#storeNow + Math.round(dueInMs),
      returnsAttempt: returnAttempt,
    }));
  }

  /** The present time of the store, in whole milliseconds. */
  get #storeNow(): number {
    return Math.floor(this.#timeline.now);
  }
}

/**
 * Returns a status, followed by `!` if it has an exception. The text of the exception is omitted,
 * because it differs between runtimes.
 */
function marked(status: string, exception: string | null): string {
  return exception === null ? status : `${status}!`;
}

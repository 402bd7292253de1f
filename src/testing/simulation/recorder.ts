// Records a history.

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
import type { Verb } from "./network.ts";
import { marked, StoreEntries } from "./store_entries.ts";
import type { Timeline } from "./timeline.ts";

/** Records a history. */
export class Recorder {
  readonly #timeline: Timeline;
  readonly #entries: HistoryEntry[] = [];
  readonly #store: StoreEntries;

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
    this.#store = new StoreEntries(timeline.startsAt);
  }

  /** Returns the short name of a task. */
  taskName(id: string): string {
    return this.#store.tasks.of(id);
  }

  /** An instant in milliseconds from the start. */
  sinceStart(at: Date): number {
    return at.getTime() - this.#timeline.startsAt;
  }

  add(instance: string, entry: StoreEntry | CallEntry | HandlerEntry | ProcessEntry): void {
    this.#entries.push({ at: this.#timeline.now, instance, ...entry } as HistoryEntry);
  }

  /** Records an operation of the store, unless it changes nothing that a history tells of. */
  carriedOut(instance: string, verb: Verb, args: readonly unknown[], result: unknown): void {
    const now = Math.floor(this.#timeline.now);
    for (const entry of this.#store.of(verb, args, result, now)) this.add(instance, entry);
  }

  /** Returns the history with the present content of the store. */
  async end(store: Storage): Promise<History> {
    const { startsAt } = this.#timeline;
    const { items } = await store.list({}, { limit: 1_000 });
    const tasks: FinalTask[] = [];
    for (const row of [...items].reverse()) {
      const trail = (await store.statusAudit(row.id, { limit: 1_000 })).items;
      const runs = row.series === null
        ? []
        : (await store.runsAudit(row.id, { limit: 1_000 })).items;
      tasks.push({
        task: this.taskName(row.id),
        status: row.status,
        level: row.auditLevel,
        key: row.taskKey,
        worker: row.workerId === null ? null : this.#store.workers.of(row.workerId),
        dueAt: row.dueAt === null ? null : row.dueAt - startsAt,
        attempt: row.attempt,
        lostCount: row.lostCount,
        token: row.leaseToken,
        cancelRequested: row.cancelRequested,
        trail: trail.map(({ newStatus, exception }) => marked(newStatus, exception)),
        trailAt: trail.map(({ updatedAt }) => updatedAt - startsAt),
        runs: runs.map(({ status, exception }) => marked(status, exception)),
        series: row.series === null ? null : {
          runCount: row.series.runCount,
          nextRunAt: row.series.nextRunAt === null ? null : row.series.nextRunAt - startsAt,
        },
      });
    }
    return { startsAt, entries: this.#entries, tasks };
  }
}

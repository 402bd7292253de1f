// Records a history.

import type { Storage } from "../../storage/storage.ts";
import type {
  CallEntry,
  HandlerEntry,
  History,
  HistoryEntry,
  ProcessEntry,
  StoreEntry,
} from "../checker/history.ts";
import type { HistoryLog } from "./history_log.ts";
import type { Verb } from "./network.ts";
import { readFinalActions, readFinalTasks } from "./final_tasks.ts";
import { StoreEntries, type TaskReading } from "./store_entries.ts";
import type { Timeline } from "./timeline.ts";

/** Records a history. */
export class Recorder implements HistoryLog {
  readonly #timeline: Timeline;
  readonly #entries: HistoryEntry[] = [];
  readonly #store: StoreEntries;

  /** @param reading Reads the stored tasks for the history. */
  constructor(timeline: Timeline, reading: TaskReading) {
    this.#timeline = timeline;
    this.#store = new StoreEntries(timeline.startsAt, reading);
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

  /**
   * Records an operation of the store, unless the operation changes nothing that a history
   * contains.
   */
  carriedOut(instance: string, verb: Verb, args: readonly unknown[], result: unknown): void {
    const now = Math.floor(this.#timeline.now);
    for (const entry of this.#store.of(verb, args, result, now)) this.add(instance, entry);
  }

  /**
   * Returns the history with the present content of the store.
   *
   * @param endedBy See {@linkcode History.endedBy}.
   */
  async end(store: Storage, endedBy: number): Promise<History> {
    const { startsAt } = this.#timeline;
    const tasks = await readFinalTasks(store, this.#store, startsAt);
    const actions = await readFinalActions(store);
    return { startsAt, endedBy, entries: this.#entries, tasks, actions };
  }
}

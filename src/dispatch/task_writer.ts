// Writes dispatched tasks in batches. Tasks with a key have batches of their own. If an open
// transaction holds a key, only the tasks with this key wait.

import { BatchWriter } from "../storage/batching/batch_writer.ts";
import { retryTransient } from "../storage/batching/retry_transient.ts";
import { StorageUnavailableError } from "../storage/errors.ts";
import type { NewTask, PersistOptions, PersistResult } from "../storage/requests.ts";
import type { Storage } from "../storage/storage.ts";
import type { Clock } from "../time/clock.ts";

/** The dependencies of a writer. */
export interface TaskWriterParts {
  readonly storage: Pick<Storage, "persist">;
  readonly clock: Clock;
  /** How long to retry a task after transient errors of storage, in milliseconds. */
  readonly retryForMs: number;
}

/** Stores tasks in batches; see {@linkcode BatchWriter}. */
export class TaskWriter {
  readonly #parts: TaskWriterParts;
  readonly #plain: BatchWriter<NewTask, PersistResult>;
  readonly #keyed: BatchWriter<NewTask, PersistResult>;
  /** The retries of tasks whose key was busy. */
  readonly #insisting = new Set<Promise<PersistResult>>();

  constructor(parts: TaskWriterParts) {
    this.#parts = parts;
    this.#plain = this.#newBatchWriter();
    this.#keyed = this.#newBatchWriter({ skipBusy: true });
  }

  /**
   * Stores a task with the next batch.
   *
   * @param onBusy Called once if the task's key is busy. From then on, the task is retried without
   * `claimFor`.
   * @throws {StorageUnavailableError} If the key stays busy for the whole retry time.
   */
  add(task: NewTask, onBusy: () => void): Promise<PersistResult> {
    return task.taskKey === null ? this.#plain.add(task) : this.#addKeyed(task, onBusy);
  }

  /** Resolves when nothing is left to write. */
  async idle(): Promise<void> {
    await Promise.all([this.#plain.idle(), this.#keyed.idle()]);
    await Promise.allSettled(this.#insisting);
  }

  async #addKeyed(task: NewTask, onBusy: () => void): Promise<PersistResult> {
    const result = await this.#keyed.add(task);
    if (result.outcome !== "busy") return result;
    onBusy();
    const insisting = this.#insist({ ...task, claimFor: null });
    this.#insisting.add(insisting);
    return insisting.finally(() => this.#insisting.delete(insisting));
  }

  #insist(task: NewTask): Promise<PersistResult> {
    const { clock, retryForMs } = this.#parts;
    return retryTransient(clock, retryForMs, async () => {
      const result = await this.#keyed.add(task);
      if (result.outcome !== "busy") return result;
      throw new StorageUnavailableError(
        `The task key ${JSON.stringify(task.taskKey)} is held by an open transaction. Keep such ` +
          "transactions short, or dispatch in them last.",
      );
    });
  }

  #newBatchWriter(options?: PersistOptions): BatchWriter<NewTask, PersistResult> {
    const { storage, clock, retryForMs } = this.#parts;
    return new BatchWriter({
      write: (tasks) => storage.persist(tasks, options),
      clock,
      maxBatch: 500,
      sizeOf: ({ payload }) => payload.length,
      concurrency: 2,
      retryForMs,
    });
  }
}

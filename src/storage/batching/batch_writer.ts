// Natural batching: a write has the items that were added in one turn of the event loop, or during
// the previous write. A lone item is written at once; batches grow under load. Each caller awaits
// the commit of its own item.

import type { Clock } from "../../time/clock.ts";
import { nextMacrotask } from "../../time/macrotask.ts";
import { batchEnd } from "./batch_size.ts";
import { isTransient, retryTransient } from "./retry_transient.ts";
import { WriteConcurrency } from "./write_concurrency.ts";

/** The options of a {@linkcode BatchWriter}. */
export interface BatchWriterOptions<Item, Result> {
  /** Writes a batch in one transaction. Returns the results in the order of the items. */
  readonly write: (items: readonly Item[]) => Promise<readonly Result[]>;
  readonly clock: Clock;
  /** The maximum number of items in one write. */
  readonly maxBatch: number;
  /**
   * Returns the length of an item's strings, in characters, by which {@linkcode batchEnd} limits a
   * write.
   * @default 0 for each item
   */
  readonly sizeOf?: (item: Item) => number;
  /** The maximum number of concurrent writes to a storage that is near. */
  readonly concurrency: number;
  /**
   * The time for which a write is retried after transient errors, in milliseconds. After that time,
   * `add` rejects with the last error.
   */
  readonly retryForMs: number;
}

const noText = () => 0;

/**
 * The maximum number of concurrent writes to a storage that is far, if several concurrent writes
 * are allowed.
 */
const mostWrites = 16;

interface Entry<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** Gathers items into batches and writes them. */
export class BatchWriter<Item, Result> {
  readonly #options: BatchWriterOptions<Item, Result>;
  readonly #concurrency: WriteConcurrency;
  #pending: Entry<Item, Result>[] = [];
  #writing = 0;
  #scheduled = false;
  #idleWaiters: (() => void)[] = [];

  constructor(options: BatchWriterOptions<Item, Result>) {
    this.#options = options;
    const least = options.concurrency;
    // With a single write at a time, the writes are in the order of the items.
    const most = least === 1 ? 1 : mostWrites;
    this.#concurrency = new WriteConcurrency({ least, most, msPerWrite: 2 });
  }

  /** Writes one item with the next batch; resolves when it is committed. */
  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ item, resolve, reject });
      this.#schedule();
    });
  }

  /** Resolves when nothing is left to write. */
  idle(): Promise<void> {
    if (this.#writing === 0 && this.#pending.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  #schedule(): void {
    if (this.#scheduled || this.#writing >= this.#concurrency.limit) return;
    this.#scheduled = true;
    nextMacrotask(() => {
      this.#scheduled = false;
      this.#writeNext();
    });
  }

  #writeNext(): void {
    if (this.#pending.length === 0) return;
    const { maxBatch, sizeOf = noText } = this.#options;
    const batch = this.#pending;
    const end = batchEnd(batch, 0, maxBatch, ({ item }) => sizeOf(item));
    this.#pending = batch.splice(end);
    void this.#writeBatch(batch);
    if (this.#pending.length > 0) this.#schedule();
  }

  async #writeBatch(batch: readonly Entry<Item, Result>[]): Promise<void> {
    this.#writing++;
    await this.#write(batch);
    this.#writing--;
    if (this.#pending.length > 0) this.#schedule();
    else if (this.#writing === 0) { for (const resolve of this.#idleWaiters.splice(0)) resolve(); }
  }

  /** Writes a batch. Never rejects; an error rejects the promises that `add` returned. */
  async #write(batch: readonly Entry<Item, Result>[]): Promise<void> {
    const { clock, retryForMs, write } = this.#options;
    const items = batch.map((entry) => entry.item);
    try {
      const sentAt = clock.monotonic();
      const results = await retryTransient(clock, retryForMs, () => write(items));
      this.#concurrency.answered(sentAt, clock.monotonic());
      for (let i = 0; i < batch.length; i++) batch[i]!.resolve(results[i]!);
    } catch (error) {
      if (batch.length === 1 || isTransient(error)) {
        for (const entry of batch) entry.reject(error);
      } else {
        // One rejected item must not fail the whole batch, so each item is written separately.
        for (const entry of batch) await this.#write([entry]);
      }
    }
  }
}

// Reads the events of other processes while a subscriber wants them: registers this process as a
// watcher, reads the batches of other processes, and passes on their events in order.

import type { Logger } from "../../log/logger.ts";
import { backoffMs } from "../../storage/batching/backoff.ts";
import { mostSwept } from "../../storage/kit/event_book.ts";
import type { EventBatch, EventWatcher } from "../../storage/requests.ts";
import type { Storage } from "../../storage/storage.ts";
import type { Clock } from "../../time/clock.ts";
import type { StorageClock } from "../../time/storage_clock.ts";
import type { TaskEvent } from "../task_event.ts";
import { decodeEvents } from "./event_text.ts";
import { happenedAt, inTaskOrder, type WrittenEvent } from "./in_task_order.ts";
import { gatherMs } from "./relay_writer.ts";

/** The time after which a watcher that does not renew its registration expires, in milliseconds. */
const watchMs = 30_000;
/** The time between two renewals of the registration, in milliseconds. */
const renewMs = 10_000;
/** The time between two reads, in milliseconds. */
const lookMs = 250;
/**
 * The age below which events wait for the next read, because earlier events may still arrive; in
 * milliseconds.
 */
const keepBackMs = gatherMs + 100;
/** The maximum number of batches of each process in one read. */
const batchesAtATime = 20;

/** The dependencies of a {@linkcode RelayReader}. */
export interface RelayReaderParts {
  /** The id of this process as a writer and a watcher. */
  readonly id: string;
  readonly storage: Storage;
  /** Opens the storage if it is not open. */
  readonly opened: () => Promise<unknown>;
  readonly clock: Clock;
  /** Synchronized with each read, so that it is right in processes without a worker, too. */
  readonly storageClock: StorageClock;
  readonly logger: Logger;
  /** Called with the watchers each time storage has returned them. */
  readonly onWatchers: (watchers: readonly EventWatcher[]) => void;
  /** Called with the events of other processes. */
  readonly onEvent: (event: TaskEvent) => void;
  /** Called when events of another process were left out, with their number. */
  readonly onLeftOut: (count: number) => void;
}

/** Reads events for one process. */
export class RelayReader {
  readonly #parts: RelayReaderParts;
  #isFollowing = false;
  #withParameters = false;
  /**
   * The number of the last event read, by writer. Null until this process is registered as a
   * watcher. The registration returns the numbers after which reading begins.
   */
  #positions: Map<string, number> | null = null;
  /** The number of events left out so far, by writer. */
  #leftOut = new Map<string, number>();
  /** Events that are kept back until the next read. */
  #kept: readonly WrittenEvent[] = [];
  #renewAt = -Infinity;
  #failures = 0;
  #cancelTimer: () => void = () => {};
  #looking: Promise<void> | null = null;
  #leaving: Promise<void> = Promise.resolve();

  constructor(parts: RelayReaderParts) {
    this.#parts = parts;
  }

  /**
   * Starts to read, or changes whether payloads are wanted.
   *
   * @param withParameters Whether payloads are wanted.
   */
  follow(withParameters: boolean): void {
    if (withParameters !== this.#withParameters) this.#renewAt = -Infinity;
    this.#withParameters = withParameters;
    if (this.#isFollowing) return;
    this.#isFollowing = true;
    this.#lookSoon();
  }

  /** Stops. Resolves when storage has removed the watcher, or could not be reached. */
  rest(): Promise<void> {
    if (!this.#isFollowing) return this.#leaving;
    this.#isFollowing = false;
    this.#cancelTimer();
    return this.#leaving = this.#leave(this.#looking);
  }

  async #leave(looking: Promise<void> | null): Promise<void> {
    await looking;
    if (this.#isFollowing) return; // `follow` was called in the meantime
    const isKnown = this.#positions !== null;
    this.#positions = null;
    this.#leftOut.clear();
    this.#kept = [];
    this.#renewAt = -Infinity;
    if (!isKnown) return;
    try {
      await this.#parts.storage.unwatchEvents(this.#parts.id);
    } catch {
      // The watcher expires by itself.
    }
  }

  #lookSoon(): void {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
      if (!this.#isFollowing) return;
      const pauseMs = this.#failures === 0 ? lookMs : Math.max(lookMs, backoffMs(this.#failures));
      this.#cancelTimer = this.#parts.clock.setTimer(() => this.#lookSoon(), pauseMs);
    });
  }

  async #look(): Promise<void> {
    const { logger, storage, opened, clock } = this.#parts;
    try {
      await this.#leaving;
      await opened();
      const isDue = clock.monotonic() >= this.#renewAt;
      if (isDue) await this.#watch();
      await this.#read();
      if (isDue) await sweep(storage);
      this.#failures = 0;
    } catch (error) {
      if (this.#failures++ > 0) return;
      const message =
        "The events of other processes could not be read; the read is retried: {error}";
      logger.warn(message, { error });
    }
  }

  async #watch(): Promise<void> {
    const { id, storage, clock, onWatchers } = this.#parts;
    const startedAt = clock.monotonic();
    this.#renewAt = startedAt + renewMs;
    try {
      const request = { id, parameters: this.#withParameters, forMs: watchMs };
      const { watchers, positions } = await storage.watchEvents(request);
      onWatchers(watchers);
      this.#keepPositions(positions);
    } catch (error) {
      this.#renewAt = -Infinity;
      throw error;
    }
  }

  /**
   * Updates the positions after a registration. `stored` has the number of the last stored event of
   * each writer. The first call takes all of them, so reading begins after these events. Later
   * calls remove the writers without stored events.
   */
  #keepPositions(stored: ReadonlyMap<string, number>): void {
    const known = this.#positions;
    this.#positions = known === null
      ? new Map(stored)
      : new Map([...known].filter(([writer]) => stored.has(writer)));
    for (const writer of this.#leftOut.keys()) {
      if (!stored.has(writer)) this.#leftOut.delete(writer);
    }
  }

  async #read(): Promise<void> {
    const { storage, clock, storageClock } = this.#parts;
    const after = this.#positions!;
    const request = { after, exceptFrom: this.#parts.id, limit: batchesAtATime };
    let isAll = false;
    while (!isAll && this.#isFollowing) {
      const askedAt = clock.monotonic();
      const { now, batches } = await storage.readEvents(request);
      storageClock.sync(now, askedAt);
      const events = batches.flatMap((batch) => this.#take(batch));
      // The events that the previous read kept back are due now, even if the clock of their process
      // is ahead.
      const until = Math.max(now - keepBackMs, ...this.#kept.map(happenedAt));
      const { due, kept } = inTaskOrder([...this.#kept, ...events], until);
      this.#kept = kept;
      for (const event of due) this.#parts.onEvent(event);
      isAll = batches.length < batchesAtATime;
    }
  }

  /** Decodes the events of a batch, and counts the events left out before the batch and in it. */
  #take({ writerId, since, upTo, host, workerId, events: text }: EventBatch): WrittenEvent[] {
    const events = decodeEvents(text) ?? [];
    const before = this.#positions!.get(writerId) ?? since;
    this.#positions!.set(writerId, upTo);
    const missing = Math.max(0, upTo - before - events.length);
    const leftOut = (this.#leftOut.get(writerId) ?? 0) + missing;
    this.#leftOut.set(writerId, leftOut);
    if (missing > 0) this.#parts.onLeftOut(missing);
    const from = { host, workerId, leftOut };
    return events.map((event) => ({ writerId, event: { ...event, from } }));
  }
}

async function sweep(storage: Storage): Promise<void> {
  while (await storage.sweepEvents() === mostSwept);
}

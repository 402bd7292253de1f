// Follows the events of other processes while a subscriber wants them: says that this process
// watches, reads what they have written, and passes it on in order.

import type { Logger } from "../../log/logger.ts";
import { backoffMs } from "../../storage/batching/backoff.ts";
import { mostSwept } from "../../storage/kit/event_book.ts";
import type { EventBatch, EventWatcher } from "../../storage/requests.ts";
import type { Storage } from "../../storage/storage.ts";
import type { Clock } from "../../time/clock.ts";
import type { TaskEvent } from "../task_event.ts";
import { decodeEvents } from "./event_text.ts";
import { happenedAt, inTaskOrder } from "./in_task_order.ts";
import { gatherMs } from "./relay_writer.ts";

/** A watcher that does not renew counts as gone after this time, in milliseconds. */
const watchMs = 30_000;
/** Between two renewals, in milliseconds. */
const renewMs = 10_000;
/** Between two looks at what others have written, in milliseconds. */
const lookMs = 250;
/**
 * Events that are younger wait for the next look, since others that happened before may still come.
 */
const keepBackMs = gatherMs + 100;
/** How many batches of each process one look reads. */
const batchesAtATime = 20;

/** The dependencies of a {@linkcode RelayReader}. */
export interface RelayReaderParts {
  /** This process, as writer and as watcher. */
  readonly id: string;
  readonly storage: Storage;
  /** Opens the storage if it is not. */
  readonly opened: () => Promise<unknown>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called with the watchers whenever storage has told them. */
  readonly onWatchers: (watchers: readonly EventWatcher[]) => void;
  /** Called with the events of other processes. */
  readonly onEvent: (event: TaskEvent) => void;
  /** Called when events of another process were left out, with their number. */
  readonly onLeftOut: (count: number) => void;
}

/** One process's reader. */
export class RelayReader {
  readonly #parts: RelayReaderParts;
  #isFollowing = false;
  #withParameters = false;
  /** What has been read; null: the next watch tells where to begin. */
  #positions: Map<string, number> | null = null;
  /** How many events of each process were left out so far. */
  #leftOut = new Map<string, number>();
  /** Events that wait for the next look. */
  #kept: readonly TaskEvent[] = [];
  #renewAt = -Infinity;
  #failures = 0;
  #cancelTimer: () => void = () => {};
  #looking: Promise<void> | null = null;
  #leaving: Promise<void> = Promise.resolve();

  constructor(parts: RelayReaderParts) {
    this.#parts = parts;
  }

  /**
   * Begins to follow, or wants other things.
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

  /** Ends. Resolves when storage knows, if it can be reached. */
  rest(): Promise<void> {
    if (!this.#isFollowing) return this.#leaving;
    this.#isFollowing = false;
    this.#cancelTimer();
    return this.#leaving = this.#leave(this.#looking);
  }

  async #leave(looking: Promise<void> | null): Promise<void> {
    await looking;
    if (this.#isFollowing) return; // again, meanwhile
    const isKnown = this.#positions !== null;
    this.#positions = null;
    this.#leftOut.clear();
    this.#kept = [];
    this.#renewAt = -Infinity;
    if (!isKnown) return;
    try {
      await this.#parts.storage.unwatchEvents(this.#parts.id);
    } catch {
      // Its time will be over.
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
      const message = "The events of other processes could not be read; it is tried again: {error}";
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

  /** Begins where the writers are. Later on, forgets those of which nothing is stored. */
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
    const after = this.#positions!;
    const request = { after, exceptFrom: this.#parts.id, limit: batchesAtATime };
    let isAll = false;
    while (!isAll && this.#isFollowing) {
      const { now, batches } = await this.#parts.storage.readEvents(request);
      const events = batches.flatMap((batch) => this.#take(batch));
      // A process whose clock is ahead dates its events late: none waits for more than one look.
      const until = Math.max(now - keepBackMs, ...this.#kept.map(happenedAt));
      const { due, kept } = inTaskOrder([...this.#kept, ...events], until);
      this.#kept = kept;
      for (const event of due) this.#parts.onEvent(event);
      isAll = batches.length < batchesAtATime;
    }
  }

  /** Takes a batch, and counts the events before and in it that are left out. */
  #take({ writerId, since, upTo, host, workerId, events: text }: EventBatch): TaskEvent[] {
    const events = decodeEvents(text) ?? [];
    const before = this.#positions!.get(writerId) ?? since;
    this.#positions!.set(writerId, upTo);
    const missing = Math.max(0, upTo - before - events.length);
    const leftOut = (this.#leftOut.get(writerId) ?? 0) + missing;
    this.#leftOut.set(writerId, leftOut);
    if (missing > 0) this.#parts.onLeftOut(missing);
    return events.map((event) => ({ ...event, from: { host, workerId, leftOut } }));
  }
}

async function sweep(storage: Storage): Promise<void> {
  while (await storage.sweepEvents() === mostSwept);
}

// Writes this process's events in batches while another process watches. Samples frequent events,
// and drops events while storage accepts none. The numbers of a batch tell readers how many events
// were left out.

import type { Logger } from "../../log/logger.ts";
import { backoffMs } from "../../storage/batching/backoff.ts";
import { mostSwept } from "../../storage/kit/event_book.ts";
import type { EventBatch, EventWatcher } from "../../storage/requests.ts";
import type { Storage } from "../../storage/storage.ts";
import type { Clock } from "../../time/clock.ts";
import { within } from "../../time/within.ts";
import type { EventBus, EventTap } from "../event_bus.ts";
import { severityOf, type TaskEvent, type TaskEventKind } from "../task_event.ts";
import { encodeEvents } from "./event_text.ts";

/** The time between the first event of a batch and its write, in milliseconds. */
export const gatherMs = 200;
/** The maximum number of `Information` events in a batch. Further events are left out. */
const mostPlain = 100;
/** The maximum number of waiting events while storage accepts none. Further events are left out. */
const mostWaiting = 10_000;
/** The maximum time that `stop` waits for the last write, in milliseconds. */
const lastWriteMs = 1_000;

/** The dependencies of a {@linkcode RelayWriter}. */
export interface RelayWriterParts {
  /** The id of this process as a writer and a watcher. */
  readonly id: string;
  readonly host: string;
  /** The id of this process's worker; null while there is none. */
  readonly workerId: () => string | null;
  /** The storage, which is open whenever there are watchers. */
  readonly storage: Pick<Storage, "publishEvents" | "sweepEvents">;
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** An event, and its number among the events of this process. */
interface Numbered {
  readonly number: number;
  readonly event: TaskEvent;
}

/** Writes the events of one process. */
export class RelayWriter implements EventTap {
  readonly #parts: RelayWriterParts;
  #isWatched = false;
  /** Whether a watcher wants payloads. */
  #withParameters = false;
  /** The number of events since the first watch. */
  #count = 0;
  #waiting: Numbered[] = [];
  #plainLeft = mostPlain;
  /** The batch that storage has not accepted yet. */
  #batch: EventBatch | null = null;
  /** Whether more events waited than the last batch could hold. */
  #isBehind = false;
  /** The number of the last event in the last accepted batch. */
  #published = 0;
  #failures = 0;
  #cancelTimer: (() => void) | null = null;
  #writing: Promise<void> | null = null;
  #isStopped = false;

  constructor(parts: RelayWriterParts) {
    this.#parts = parts;
  }

  /** Starts or stops writing. Called with the watchers each time storage has returned them. */
  watchedBy(watchers: readonly EventWatcher[]): void {
    const others = watchers.filter(({ id }) => id !== this.#parts.id);
    this.#withParameters = others.some(({ parameters }) => parameters);
    if (this.#isWatched === others.length > 0 || this.#isStopped) return;
    this.#isWatched = others.length > 0;
    this.#parts.bus.tap = this.#isWatched ? this : null;
    if (this.#isWatched) return;
    this.#forget();
    void this.#sweep();
  }

  /** Writes the waiting events, if storage accepts them soon. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#parts.bus.tap = null;
    this.#disarm();
    if (this.#isWatched) await within(this.#parts.clock, lastWriteMs, this.#writeAll());
    this.#forget();
  }

  wants(kind: TaskEventKind): boolean {
    // `wants` is called for each deferral, but one event reports many deferrals. So deferrals are
    // not counted here.
    if (this.#plainLeft > 0 || kind === "rateLimitDeferred") return true;
    if (severityOf[kind] !== "Information") return true;
    this.#count++; // a missing number tells readers that an event was left out
    return false;
  }

  offer(event: TaskEvent): void {
    this.#count++;
    if (event.severity === "Information") {
      if (this.#plainLeft === 0) return;
      this.#plainLeft--;
    } else if (this.#waiting.length >= mostWaiting) return;
    this.#waiting.push({ number: this.#count, event });
    this.#arm(gatherMs);
  }

  #arm(delayMs: number): void {
    if (this.#cancelTimer !== null || this.#writing !== null || this.#isStopped) return;
    this.#cancelTimer = this.#parts.clock.setTimer(
      () => {
        this.#cancelTimer = null;
        void this.#write();
      },
      delayMs,
      { unref: true },
    );
  }

  #disarm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  #forget(): void {
    this.#disarm();
    this.#waiting = [];
    this.#batch = null;
    this.#plainLeft = mostPlain;
  }

  async #writeAll(): Promise<void> {
    while (this.#failures === 0 && (this.#batch !== null || this.#waiting.length > 0)) {
      await this.#write();
    }
  }

  #write(): Promise<void> {
    return this.#writing ??= this.#writeOne().finally(() => {
      this.#writing = null;
      if (this.#batch !== null) this.#arm(Math.max(gatherMs, backoffMs(this.#failures)));
      else if (this.#waiting.length > 0) this.#arm(this.#isBehind ? 0 : gatherMs);
    });
  }

  async #writeOne(): Promise<void> {
    const { storage, logger } = this.#parts;
    const batch = this.#batch ??= this.#nextBatch();
    if (batch === null) return;
    try {
      const watchers = await storage.publishEvents(batch);
      this.#published = batch.upTo;
      if (this.#batch === batch) this.#batch = null;
      this.#failures = 0;
      this.watchedBy(watchers);
    } catch (error) {
      // The same batch is retried. If it was already stored, the retry has no effect.
      if (this.#failures++ > 0) return;
      logger.warn("Events could not be written for watchers; the write is retried: {error}", {
        error,
      });
    }
  }

  /** Makes a batch of waiting events; null if there are none. */
  #nextBatch(): EventBatch | null {
    const { text, length } = encodeEvents(
      this.#waiting.map(({ event }) => event),
      this.#withParameters,
    );
    if (length === 0) return null;
    const taken = this.#waiting.splice(0, length);
    this.#plainLeft = mostPlain;
    this.#isBehind = this.#waiting.length > 0;
    return {
      writerId: this.#parts.id,
      since: this.#published,
      upTo: this.#isBehind ? taken.at(-1)!.number : this.#count,
      host: this.#parts.host,
      workerId: this.#parts.workerId(),
      events: text,
    };
  }

  /** Deletes stored batches after the last watcher has gone. */
  async #sweep(): Promise<void> {
    try {
      while (await this.#parts.storage.sweepEvents() === mostSwept);
    } catch {
      // The next watcher sweeps.
    }
  }
}

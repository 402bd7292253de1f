// Suppresses repetitions. Forwards the first event of each key at once. At the end of the key's
// time window, forwards one event that represents all later ones.

import type { TaskEvent } from "../../events/task_event.ts";
import type { Clock } from "../../time/clock.ts";
import { mostText, textLength } from "./text_length.ts";

/**
 * The maximum number of stored keys. The application's `keyOf` may return a new key for each event.
 */
const maxKeys = 1000;

interface Window {
  latest: TaskEvent;
  repeats: number;
  stopTimer: () => void;
}

/** Passes the first event of each key on, and aggregates the others. */
export class Deduplication {
  readonly #clock: Clock;
  readonly #windowMs: number;
  readonly #pass: (event: TaskEvent, count: number) => void;
  readonly #windows = new Map<string, Window>();
  #textLength = 0;

  /**
   * @param windowMs The time for which events of the same key are suppressed, in milliseconds; 0
   * suppresses none.
   * @param pass Called with an event and the number of events that it represents.
   */
  constructor(clock: Clock, windowMs: number, pass: (event: TaskEvent, count: number) => void) {
    this.#clock = clock;
    this.#windowMs = windowMs;
    this.#pass = pass;
  }

  /** Passes an event on or suppresses it. */
  offer(key: string, event: TaskEvent): void {
    const window = this.#windows.get(key);
    if (window) {
      this.#textLength += textLength(event) - textLength(window.latest);
      window.latest = event;
      window.repeats++;
      this.#stayWithinBounds();
      return;
    }
    this.#pass(event, 1);
    if (this.#windowMs > 0) this.#open(key, event);
  }

  /** Passes the remaining aggregated events on. */
  close(): void {
    for (const key of [...this.#windows.keys()]) this.#sumUp(key);
  }

  #open(key: string, event: TaskEvent): void {
    const stopTimer = this.#clock.setTimer(
      () => {
        const { latest } = window;
        // Further events are suppressed until the end of the next window.
        if (this.#sumUp(key) > 0) this.#open(key, latest);
      },
      this.#windowMs,
      { unref: true },
    );
    const window: Window = { latest: event, repeats: 0, stopTimer };
    this.#windows.set(key, window);
    this.#textLength += textLength(event);
    this.#stayWithinBounds();
  }

  #stayWithinBounds(): void {
    for (const oldest of this.#windows.keys()) {
      const { size } = this.#windows;
      if (size <= maxKeys && (size === 1 || this.#textLength <= mostText)) return;
      this.#sumUp(oldest);
    }
  }

  /** Ends a key's window. Returns the number of events that it suppressed. */
  #sumUp(key: string): number {
    const window = this.#windows.get(key);
    if (!window) return 0;
    this.#windows.delete(key);
    this.#textLength -= textLength(window.latest);
    window.stopTimer();
    if (window.repeats > 0) this.#pass(window.latest, window.repeats);
    return window.repeats;
  }
}

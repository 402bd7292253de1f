// Tells the same only once in a while: the first event of a key at once, and what followed it in one sum at the end of
// the key's window.

import type { TaskEvent } from "../../events/task_event.ts";
import type { Clock } from "../../time/clock.ts";

/** How many keys are kept; a key function that makes a new key of each event must not fill the memory. */
const maxKeys = 1000;

interface Window {
  latest: TaskEvent;
  repeats: number;
  stopTimer: () => void;
}

/** Lets the first event of each key through, and sums up the others. */
export class Deduplication {
  readonly #clock: Clock;
  readonly #windowMs: number;
  readonly #pass: (event: TaskEvent, count: number) => void;
  readonly #windows = new Map<string, Window>();

  /**
   * @param windowMs For how long a key is not told again; 0: everything passes.
   * @param pass Is called with an event and the number of events that it stands for.
   */
  constructor(clock: Clock, windowMs: number, pass: (event: TaskEvent, count: number) => void) {
    this.#clock = clock;
    this.#windowMs = windowMs;
    this.#pass = pass;
  }

  /** Takes an event. */
  offer(key: string, event: TaskEvent): void {
    const window = this.#windows.get(key);
    if (window) {
      window.latest = event;
      window.repeats++;
      return;
    }
    this.#pass(event, 1);
    if (this.#windowMs > 0) this.#open(key, event);
  }

  /** Sums up what is left. */
  close(): void {
    for (const key of [...this.#windows.keys()]) this.#sumUp(key);
  }

  #open(key: string, event: TaskEvent): void {
    const [oldest] = this.#windows.keys();
    if (this.#windows.size >= maxKeys && oldest !== undefined) this.#sumUp(oldest);
    const stopTimer = this.#clock.setTimer(
      () => {
        // What goes on happening stays silent until the end of the next window.
        if (this.#sumUp(key) > 0) this.#open(key, event);
      },
      this.#windowMs,
      { unref: true },
    );
    this.#windows.set(key, { latest: event, repeats: 0, stopTimer });
  }

  /** Ends a key's window; gives back how many events it had kept silent. */
  #sumUp(key: string): number {
    const window = this.#windows.get(key);
    if (!window) return 0;
    this.#windows.delete(key);
    window.stopTimer();
    if (window.repeats > 0) this.#pass(window.latest, window.repeats);
    return window.repeats;
  }
}

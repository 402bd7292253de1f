// Waits for a file to which another connection is writing. The first attempt waits briefly, and
// blocks the event loop. Later attempts do not wait, and the event loop runs between them.

import { systemClock } from "../../src/time/clock.ts";
import type { Connection } from "./connection.ts";
import { isBusy } from "./errors.ts";

/** The pause between two attempts, in milliseconds. */
const pauseMs = 10;

/** Retries work while a file is busy. */
export class BusyWait {
  readonly #timeoutMs: number;
  #isBusy = false;

  /** @param timeoutMs The time for which a call is retried, in milliseconds. */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Does some work. Retries it while the file is busy and no transaction has begun.
   *
   * @throws The error of the work.
   */
  async do<T>(connection: Connection, work: () => T): Promise<Awaited<T>> {
    let giveUpAt: number | undefined;
    for (;;) {
      const { begun } = connection;
      try {
        const result = await (this.#isBusy ? connection.withoutWaiting(work) : work());
        this.#isBusy = false;
        return result;
      } catch (error) {
        if (!isBusy(error) || connection.begun !== begun) throw error;
        // The loop uses real time instead of the injected clock, because it waits for another
        // process.
        const now = systemClock.monotonic();
        giveUpAt ??= now + this.#timeoutMs;
        if (now >= giveUpAt) throw error;
        this.#isBusy = true;
      }
      await new Promise<void>((resume) => void systemClock.setTimer(resume, pauseMs));
    }
  }
}

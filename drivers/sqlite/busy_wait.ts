// Waits for a file that another connection is writing to. The first try waits briefly, and blocks
// the event loop. Later tries do not wait, and the event loop runs between them.

import { systemClock } from "../../src/time/clock.ts";
import type { Connection } from "./connection.ts";
import { isBusy } from "./errors.ts";

/** Milliseconds between two tries. */
const pauseMs = 10;

/** Tries again while a file is busy. */
export class BusyWait {
  readonly #timeoutMs: number;
  #isBusy = false;

  /** @param timeoutMs How long to retry a call, in milliseconds. */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Does some work, again while the file is busy and nothing of the work has begun.
   *
   * @throws What the work throws.
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
        // It waits for another process, so it uses real time and not the injected clock.
        const now = systemClock.monotonic();
        giveUpAt ??= now + this.#timeoutMs;
        if (now >= giveUpAt) throw error;
        this.#isBusy = true;
      }
      await new Promise<void>((resume) => void systemClock.setTimer(resume, pauseMs));
    }
  }
}

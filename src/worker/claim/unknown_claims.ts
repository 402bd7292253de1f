// The suspicion that storage holds tasks as this worker's that it does not know of: a claim was
// given up, or its answer was lost on the way. Such tasks are given back. But what was given up may
// be carried out later still, by a server that was slow and not dead; so storage is asked again,
// after pauses that double.

import type { Clock } from "../../time/clock.ts";

/** The pauses before storage is asked again, in milliseconds: 15 s, 30 s, … up to 32 minutes. */
const firstPauseMs = 15_000;
const lastPauseMs = 32 * 60_000;

/** What the suspicion works with. */
export interface UnknownClaimsParts {
  readonly clock: Clock;
  /** Gives back what storage says this worker holds and it does not know of. */
  readonly giveBackUnknown: (workerId: string) => Promise<void>;
  /** It is time to ask storage. */
  readonly onSuspected: () => void;
}

/** Knows when storage must be asked. */
export class UnknownClaims {
  readonly #parts: UnknownClaimsParts;
  #isOpen = false;
  #pauseMs = firstPauseMs;
  #disarm: () => void = () => {};

  constructor(parts: UnknownClaimsParts) {
    this.#parts = parts;
  }

  /** Something was given up that may have been carried out, or may yet be. */
  suspect(): void {
    this.#isOpen = true;
    this.#pauseMs = firstPauseMs;
    this.#parts.onSuspected();
  }

  /** Asks storage, if there may be unknown claims. */
  async settle(workerId: string): Promise<void> {
    if (!this.#isOpen) return;
    await this.#parts.giveBackUnknown(workerId);
    this.#isOpen = false;
    this.#disarm();
    if (this.#pauseMs > lastPauseMs) return;
    this.#disarm = this.#parts.clock.setTimer(() => {
      this.#isOpen = true;
      this.#parts.onSuspected();
    }, this.#pauseMs);
    this.#pauseMs *= 2;
  }

  stop(): void {
    this.#disarm();
  }
}

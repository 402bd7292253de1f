// Handles claims with unknown outcomes: one was given up, or its answer was lost, so this worker
// may hold tasks that it does not know. They are given back. A slow server may still execute a
// claim that was given up, so storage is asked again, after pauses that double.

import type { Clock } from "../../time/clock.ts";

/** The pauses before storage is asked again, in milliseconds: 15 s, 30 s, … up to 32 minutes. */
const firstPauseMs = 15_000;
const lastPauseMs = 32 * 60_000;

/** What the suspicion works with. */
export interface UnknownClaimsParts {
  readonly clock: Clock;
  /** Gives back tasks that this worker holds by storage, but does not know. */
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

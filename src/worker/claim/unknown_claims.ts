// Handles claims with unknown outcomes. If a claim timed out or its answer was lost, this worker
// may hold tasks that it does not know. These tasks are given back. A slow server may still execute
// a claim that timed out, so storage is queried again, after pauses that double.

import type { Clock } from "../../time/clock.ts";

/** The pauses between queries, in milliseconds: 15 s, 30 s, … up to 32 minutes. */
const firstPauseMs = 15_000;
const lastPauseMs = 32 * 60_000;

/** The dependencies of {@linkcode UnknownClaims}. */
export interface UnknownClaimsParts {
  readonly clock: Clock;
  /** Gives back tasks that this worker holds according to storage, but does not know. */
  readonly giveBackUnknown: (workerId: string) => Promise<void>;
  /** Called when it is time to query storage. */
  readonly onSuspected: () => void;
}

/** Decides when storage must be queried. */
export class UnknownClaims {
  readonly #parts: UnknownClaimsParts;
  #isOpen = false;
  #mayCome = false;
  #pauseMs = firstPauseMs;
  #disarm: () => void = () => {};

  constructor(parts: UnknownClaimsParts) {
    this.#parts = parts;
  }

  /** Whether there may be unknown claims. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Whether there may be unknown claims, now or after storage executes a late claim. */
  get mayCome(): boolean {
    return this.#mayCome;
  }

  /**
   * Notes that a claim or a dispatch failed although it may have been executed, or may still be
   * executed.
   */
  suspect(): void {
    this.#isOpen = true;
    this.#mayCome = true;
    this.#pauseMs = firstPauseMs;
    this.#parts.onSuspected();
  }

  /** Queries storage if there may be unknown claims. */
  async settle(workerId: string): Promise<void> {
    if (!this.#isOpen) return;
    await this.#parts.giveBackUnknown(workerId);
    this.#isOpen = false;
    this.#disarm();
    if (this.#pauseMs > lastPauseMs) {
      this.#mayCome = false;
      return;
    }
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

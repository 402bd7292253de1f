// The right to purge, which one process has at a time. That process stores the end of its turn.

import type { Connection } from "./connection.ts";

/** The time after which a turn ends if its process does not extend it, in milliseconds. */
const turnMs = 30_000;

const setTurn = "UPDATE evertask_state SET purging_until_utc = ?";

/** A process's turn to purge. */
export class PurgeTurn {
  /** The stored end of the turn; null before the first turn. */
  #until: number | null = null;

  /** Whether this process has taken the turn. */
  get isOurs(): boolean {
    return this.#until !== null;
  }

  /**
   * Takes the turn if it is free, or extends it if this process still has it. Must be called in a
   * transaction. Returns whether this process has the turn.
   */
  take(connection: Connection, now: number): boolean {
    const until = now + turnMs;
    const taken = this.#until === null
      // A turn that ends much later is of a process whose clock was ahead.
      ? connection.run(
        `${setTurn} WHERE purging_until_utc NOT BETWEEN ? AND ?`,
        until,
        now + 1,
        now + 2 * turnMs,
      )
      : connection.run(`${setTurn} WHERE purging_until_utc = ?`, until, this.#until);
    if (taken === 0) return false;
    this.#until = until;
    return true;
  }

  /** Ends the turn, if this process still has it. Must be called in a transaction. */
  end(connection: Connection): void {
    if (this.#until === null) return;
    connection.run(`${setTurn} WHERE purging_until_utc = ?`, 0, this.#until);
  }
}

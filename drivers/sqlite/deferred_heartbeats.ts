// If no other process can reach the database, the heartbeats of its only worker need no writes: no
// other process reads them or changes their answers. They stay in memory until an operation judges
// them or changes the answer. So an idle worker does not write to disk.

import type { HeartbeatResult } from "../../src/storage/requests.ts";
import type { Connection } from "./connection.ts";

/** The worker whose heartbeats are deferred, and their answer. */
interface Deferred {
  readonly workerId: string;
  readonly answer: HeartbeatResult;
  beatAt: number;
}

const countWorkers = "SELECT count(*) AS count FROM workers";
const writeBeat = "UPDATE workers SET heartbeat_utc = ? WHERE id = ?";

/** Keeps the heartbeats of a worker that is alone. */
export class DeferredHeartbeats {
  /** No other connection writes. */
  readonly #alone: boolean;
  #deferred: Deferred | undefined;

  constructor(alone: boolean) {
    this.#alone = alone;
  }

  /** The answer to a heartbeat, where the database need not be asked. */
  answer(workerId: string, now: number): HeartbeatResult | undefined {
    if (this.#deferred?.workerId !== workerId) return undefined;
    this.#deferred.beatAt = now;
    return { ...this.#deferred.answer, now };
  }

  /** Keeps the answer of the database, which stays the same until something changes. */
  note(connection: Connection, workerId: string, answer: HeartbeatResult): HeartbeatResult {
    const { alive, cancelRequests, othersLost, watchers, now } = answer;
    const isAtRest = cancelRequests.length === 0 && watchers.length === 0;
    if (this.#alone && alive && !othersLost && isAtRest) {
      const isOnly = connection.get(countWorkers)!.count === 1;
      if (isOnly) this.#deferred = { workerId, answer, beatAt: now };
    }
    return answer;
  }

  /**
   * Writes the deferred heartbeats, before an operation that judges heartbeats or changes their
   * answers.
   */
  write(connection: Connection): void {
    if (this.#deferred === undefined) return;
    const { workerId, beatAt } = this.#deferred;
    connection.transaction(() => connection.run(writeBeat, beatAt, workerId));
    this.#deferred = undefined;
  }

  /** Drops the deferred heartbeats: the database is closed. */
  forget(): void {
    this.#deferred = undefined;
  }
}

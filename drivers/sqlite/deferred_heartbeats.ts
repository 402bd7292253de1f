// Where no other process can reach the database, a worker that is alone in it need not write its
// heartbeats down: nobody could read them, and nobody but this process could change what they would
// be answered. They are kept in memory until something happens that judges them, or changes the
// answer. So an idle worker leaves the disk alone.

import type { HeartbeatResult } from "../../src/storage/requests.ts";
import type { Connection } from "./connection.ts";

/** The worker whose heartbeats are not written at the moment, and what they are answered. */
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

  /**
   * Takes note of what the database answered: as long as nothing happens, it will be the same
   * again.
   */
  note(connection: Connection, workerId: string, answer: HeartbeatResult): HeartbeatResult {
    const { alive, cancelRequests, othersLost, now } = answer;
    if (this.#alone && alive && !othersLost && cancelRequests.length === 0) {
      const isOnly = connection.get(countWorkers)!.count === 1;
      if (isOnly) this.#deferred = { workerId, answer, beatAt: now };
    }
    return answer;
  }

  /**
   * Something comes that judges heartbeats, or changes what they are answered: writes down what was
   * kept.
   */
  write(connection: Connection): void {
    if (this.#deferred === undefined) return;
    const { workerId, beatAt } = this.#deferred;
    connection.transaction(() => connection.run(writeBeat, beatAt, workerId));
    this.#deferred = undefined;
  }

  /** Forgets what was kept: the database is closed. */
  forget(): void {
    this.#deferred = undefined;
  }
}

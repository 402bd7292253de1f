// Keeps the heartbeats of the only worker in memory if no other process can use the database: then
// no other process reads the heartbeats, or changes the answers to them. They are written before an
// operation that evaluates heartbeats or changes the answers. An idle worker therefore does not
// write to disk.

import type { HeartbeatResult } from "../../src/storage/requests.ts";
import type { Connection } from "./connection.ts";

/** The worker whose heartbeats are deferred, and the answer to them. */
interface Deferred {
  readonly workerId: string;
  readonly answer: HeartbeatResult;
  beatAt: number;
}

const countWorkers = "SELECT count(*) AS count FROM workers";
const writeBeat = "UPDATE workers SET heartbeat_utc = ? WHERE id = ?";

/** Defers the heartbeats of a lone worker. */
export class DeferredHeartbeats {
  /** Whether no other connection writes. */
  readonly #alone: boolean;
  #deferred: Deferred | undefined;

  constructor(alone: boolean) {
    this.#alone = alone;
  }

  /** Returns the answer to a heartbeat; undefined if the database must be queried. */
  answer(workerId: string, now: number): HeartbeatResult | undefined {
    if (this.#deferred?.workerId !== workerId) return undefined;
    this.#deferred.beatAt = now;
    return { ...this.#deferred.answer, now };
  }

  /**
   * Returns the database's answer to a heartbeat. Also starts to defer heartbeats if there is no
   * other connection or worker, and the answer requests nothing.
   */
  note(connection: Connection, workerId: string, answer: HeartbeatResult): HeartbeatResult {
    const { alive, cancelRequests, othersLost, watchers, now } = answer;
    const isAtRest = cancelRequests.length === 0 && watchers?.length === 0;
    if (this.#alone && alive && !othersLost && isAtRest) {
      const isOnly = connection.get(countWorkers)!.count === 1;
      if (isOnly) this.#deferred = { workerId, answer, beatAt: now };
    }
    return answer;
  }

  /**
   * Writes the deferred heartbeats. Called before an operation that evaluates heartbeats or changes
   * their answers.
   */
  write(connection: Connection): void {
    if (this.#deferred === undefined) return;
    const { workerId, beatAt } = this.#deferred;
    connection.transaction(() => connection.run(writeBeat, beatAt, workerId));
    this.#deferred = undefined;
  }

  /** Discards the deferred heartbeats, because the database is closed. */
  forget(): void {
    this.#deferred = undefined;
  }
}

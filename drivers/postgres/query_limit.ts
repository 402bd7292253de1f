// A timeout for each query, which postgres.js lacks. On a network that drops packets silently, a
// query and all queries behind it would otherwise wait a quarter of an hour, until TCP times out.

import { StorageUnavailableError } from "../../src/storage/errors.ts";
import type { Clock } from "../../src/time/clock.ts";
import type { Patience, QueryOptions, RunStatement } from "./connection.ts";
import { codeOf, isOfNoUse, toStorageError } from "./errors.ts";

/**
 * The factors of the timeout. Long queries are reports, retention, and the release of lost workers'
 * tasks.
 */
const factors: Readonly<Record<Patience, number>> = { short: 1, long: 10, endless: Infinity };

/** The share of the short timeout that the server has to confirm a cancellation. */
const graceShare = 0.2;

/** The internals of a query of postgres.js, which another implementation may lack. */
export interface Query extends PromiseLike<readonly object[]> {
  /** The session over which the query was sent; null until then. */
  readonly state?: { readonly pid: number } | null;
  /**
   * Whether the server is executing the query, as far as known. False while other queries of the
   * same connection come first.
   */
  readonly active?: boolean;
  readonly canceller?: ((query: Query) => PromiseLike<unknown> | undefined) | null;
  /** Rejects the query, which should then not be sent any more. postgres.js lacks this method. */
  readonly abandon?: (error: unknown) => void;
}

/** The dependencies of limited queries. */
export interface LimitParts {
  readonly clock: Clock;
  readonly sql: {
    unsafe(text: string, parameters: (string | null)[], options: QueryOptions): Query;
  };
  readonly prepare: boolean;
  /** The timeout in milliseconds. */
  readonly limitMs: number;
  /**
   * Returns the error of a query that has waited for a connection for `waitedMs`; null if it is to
   * wait longer.
   */
  readonly noneFree: (waitedMs: number) => StorageUnavailableError | null;
  /** Closes all connections of the pool at once; null for the application's pool. */
  readonly cut: (() => void) | null;
  /** Called with the session of a server that cannot be used now. */
  readonly leave: (session: { readonly pid: number } | null) => void;
}

/**
 * Returns a function that runs queries with a timeout. After it, the server is first asked to
 * cancel the query, so that a query that waits for a lock has no effect. If there is no answer
 * either, the network or the server is down: all connections of the pool are closed, and the next
 * query opens new ones. On the application's pool, only the query is given up.
 *
 * A query that was given up may have been executed, as after any lost connection. A retry is safe,
 * because leases and the ids that the caller chooses prevent a second effect.
 */
export function limited(
  { clock, sql, prepare, limitMs, noneFree, cut, leave }: LimitParts,
): RunStatement {
  const graceMs = graceShare * limitMs;
  return (text, parameters, patience = "short") => {
    const query = sql.unsafe(text, [...parameters], { prepare, patience });
    const timeoutMs = factors[patience] * limitMs;
    return new Promise((resolve, reject) => {
      let isOverdue = false;
      let waitedMs = 0;
      let moreMs = timeoutMs - limitMs; // the first timer only checks whether the query was sent
      let disarm = () => {};
      const giveUp = (cause?: unknown) => {
        const message =
          `PostgreSQL has not answered a query within ${timeoutMs} ms: the network, ` +
          "the server or a lock delays it. It was given up; the option queryTimeout sets the limit.";
        reject(new StorageUnavailableError(message, { cause }));
      };
      const onTimer = () => {
        if (query.state === null) {
          waitedMs += limitMs;
          const error = noneFree(waitedMs);
          if (error === null) return arm(limitMs);
          query.abandon?.(error);
          return reject(error);
        }
        if (moreMs > 0) {
          arm(moreMs);
          moreMs = 0;
          return;
        }
        // The query before this one has its own timeout.
        if (cut !== null && query.active === false) return arm(graceMs);
        if (isOverdue && cut === null) return giveUp();
        if (isOverdue) cut!(); // this rejects the query
        else if (query.active !== false) cancel(query);
        isOverdue = true;
        arm(graceMs);
      };
      const arm = (delayMs: number) => {
        disarm = clock.setTimer(onTimer, delayMs);
      };
      arm(limitMs);
      query.then(
        (rows) => {
          disarm();
          resolve(rows);
        },
        (error) => {
          disarm();
          if (isOfNoUse(codeOf(error))) leave(query.state ?? null);
          const isGivenUp = isOverdue && toStorageError(error) instanceof StorageUnavailableError;
          if (isGivenUp) giveUp(error);
          else reject(error);
        },
      );
    });
  };
}

/**
 * Cancels a query that the server is executing. Must not be called for a query that waits: the
 * server would cancel the query before it. `query.cancel()` is not used, because nobody handles the
 * promise of its request: a failed request would end the process.
 */
function cancel(query: Query): void {
  query.canceller?.(query)?.then(() => {}, () => {});
}

// A timeout for each query, which postgres.js lacks. On a network that drops packets silently, a
// query and all queries behind it would wait a quarter of an hour, until TCP gives up.

import { StorageUnavailableError } from "../../src/storage/errors.ts";
import type { Clock } from "../../src/time/clock.ts";
import type { Patience, PostgresClient, RunStatement } from "./connection.ts";
import { codeOf, isOfNoUse, toStorageError } from "./errors.ts";

/**
 * How many times the limit is left to queries. Long ones are reports, retention, the tasks of lost
 * workers.
 */
const factors: Readonly<Record<Patience, number>> = { short: 1, long: 10, endless: Infinity };

/**
 * After the server was asked to cancel a query, it has this part of the short limit to say that it
 * did.
 */
const graceShare = 0.2;

/** The internals of a query of postgres.js; another implementation may lack them. */
interface Query extends PromiseLike<readonly object[]> {
  /** The session that it was sent over; null before. */
  readonly state?: { readonly pid: number } | null;
  /**
   * Whether the server is at it, as far as is known: before, others of the same connection come
   * first.
   */
  readonly active?: boolean;
  readonly canceller?: ((query: Query) => PromiseLike<unknown>) | null;
}

/** What limited queries run on. */
export interface LimitParts {
  readonly clock: Clock;
  readonly sql: PostgresClient;
  readonly prepare: boolean;
  /** Milliseconds. */
  readonly limitMs: number;
  /** Cuts all connections of the pool; null for a pool that is not ours. */
  readonly cut: (() => void) | null;
  /** Called with the session of a server that is of no use for now. */
  readonly leave: (session: { readonly pid: number } | null) => void;
}

/**
 * Runs queries that are given up when they are not answered in time. First the server is asked to
 * cancel the query, so that one that waits for a lock leaves nothing behind. When there is no
 * answer to that either, the network or the server is dead: the pool's connections are cut (one
 * that does not answer casts doubt on all of them), and the next query opens new ones. On a pool
 * that is not ours the query alone is given up.
 *
 * A query that was given up may have been executed, as after any lost connection: the fences and
 * the caller's ids of the storage contract make a retry safe.
 */
export function limited({ clock, sql, prepare, limitMs, cut, leave }: LimitParts): RunStatement {
  const graceMs = graceShare * limitMs;
  return (text, parameters, patience = "short") => {
    const query: Query = sql.unsafe(text, [...parameters], { prepare });
    const timeoutMs = factors[patience] * limitMs;
    return new Promise((resolve, reject) => {
      let isOverdue = false;
      let moreMs = timeoutMs - limitMs; // the first time, it is only looked whether it was sent
      let disarm = () => {};
      const giveUp = (cause?: unknown) => {
        const message =
          `PostgreSQL has not answered a query within ${timeoutMs} ms: the network, ` +
          "the server or a lock delays it. It was given up; the option queryTimeout sets the limit.";
        reject(new StorageUnavailableError(message, { cause }));
      };
      const onTimer = () => {
        if (query.state === null && cut === null) return reject(noneFree(limitMs));
        if (query.state === null) return arm(limitMs); // it waits for a connection, which has a limit of its own
        if (moreMs > 0) {
          arm(moreMs);
          moreMs = 0;
          return;
        }
        if (cut !== null && query.active === false) return arm(graceMs); // and so has the one before it
        if (isOverdue && cut === null) return giveUp();
        if (isOverdue) cut!(); // and the query is rejected
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
 * The error for a query that no connection of the application's pool was free for. It may still be
 * carried out.
 */
function noneFree(limitMs: number): StorageUnavailableError {
  return new StorageUnavailableError(
    `No connection of the pool \`sql\` was free within ${limitMs} ms (queryTimeout): the server is out of reach, ` +
      "or transactions hold them all. Give the pool more of them, or call the instance once before the " +
      "first transaction (such as everTask.statistics()): the first call connects.",
  );
}

/**
 * This does not use `query.cancel()`, which drops the promise of its request: if the request fails,
 * the rejection would end the process. It is only for the query that the server is executing: the
 * answer of a waiting one would go to the next query.
 */
function cancel(query: Query): void {
  query.canceller?.(query).then(() => {}, () => {});
}

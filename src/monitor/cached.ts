// Caches an answer for a short time, so any number of probes and scrapes costs the database one
// query. Limits the time that each caller waits.

import type { Clock } from "../time/clock.ts";

/**
 * The `restFactor` of queries whose cost grows with the number of tasks, so that these queries take
 * at most 2 % of the time.
 */
export const dear = 49;

/**
 * The number of timeouts after which a query counts as lost and is repeated. It is low enough to
 * notice soon that a database is available again, and high enough that queries do not accumulate in
 * a database that hangs.
 */
const patience = 3;

/** The age of cached answers, and the time to wait for them. */
export interface CacheLimits {
  /** The maximum age of a cached answer, in milliseconds. */
  readonly ageMs: number;
  /**
   * The minimum time for which an answer is cached, as a multiple of the duration of its query.
   * Default 0.
   */
  readonly restFactor?: number;
  /**
   * The time that each caller waits for an answer, in milliseconds. A later answer is cached for
   * the next callers.
   */
  readonly timeoutMs: number;
}

/**
 * Returns a function that queries at most once per `ageMs`. Concurrent callers share a query. A
 * failure is passed on and not cached.
 */
export function cached<T>(
  ask: () => Promise<T>,
  { ageMs, restFactor = 0, timeoutMs }: CacheLimits,
  clock: Clock,
): () => Promise<T> {
  let answer: Promise<T> | null = null;
  let expires = 0;
  return () => {
    const start = clock.monotonic();
    if (answer !== null && start < expires) return inTime(answer, timeoutMs, clock);
    const asked = ask();
    answer = asked;
    expires = start + patience * timeoutMs;
    asked.then(
      () => {
        if (answer !== asked) return;
        const now = clock.monotonic();
        expires = now + Math.max(ageMs, restFactor * (now - start));
      },
      () => {
        if (answer === asked) answer = null;
      },
    );
    return inTime(asked, timeoutMs, clock);
  };
}

async function inTime<T>(answer: Promise<T>, timeoutMs: number, clock: Clock): Promise<T> {
  const late = Promise.withResolvers<never>();
  const stopTimer = clock.setTimer(
    () => late.reject(new Error(`no answer within ${timeoutMs} ms`)),
    timeoutMs,
    { unref: true },
  );
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    stopTimer();
  }
}

// Keeps an answer for a while, so that probes and scrapes, however many, cost the database one
// query; and lets none of them wait for long.

import type { Clock } from "../time/clock.ts";

/**
 * For how many times as long as it took an answer serves that costs more the more history there is:
 * asking takes 2 % of the time at most.
 */
export const dear = 49;

/**
 * After how many times the timeout a question is given up for lost and asked again: soon enough to
 * see that a database is back, and so seldom that questions do not pile up at one that hangs.
 */
const patience = 3;

/** For how long answers serve, and are waited for. */
export interface CacheLimits {
  /** How long an answer serves, in milliseconds. */
  readonly ageMs: number;
  /** An answer serves at least this many times as long as it took to get. Default 0. */
  readonly restFactor?: number;
  /**
   * How long each caller waits for an answer, in milliseconds. One that comes later serves the next
   * callers.
   */
  readonly timeoutMs: number;
}

/**
 * Makes a function that asks at most once per `ageMs`; a caller that comes while an answer is under
 * way gets that one. A failure is passed on and not kept.
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

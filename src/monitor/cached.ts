// Keeps an answer for a while, so that probes and scrapes, however many, cost the database one query.

import type { Clock } from "../time/clock.ts";

/**
 * For how many times as long as it took an answer serves that costs more the more history there is: asking takes 2 % of the time
 * at most.
 */
export const dear = 49;

/**
 * Makes a function that asks at most once per `ageMs`; who asks while an answer is under way gets that one. A failure is
 * passed on and not kept.
 *
 * @param restFactor An answer serves at least so many times as long as it took to get.
 */
export function cached<T>(
  ask: () => Promise<T>,
  ageMs: number,
  clock: Clock,
  restFactor = 0,
): () => Promise<T> {
  let answer: Promise<T> | null = null;
  let expires = 0;
  return () => {
    const start = clock.monotonic();
    if (answer !== null && start < expires) return answer;
    const asked = ask();
    answer = asked;
    expires = Infinity;
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
    return asked;
  };
}

// Keeps an answer for a while, so that probes and scrapes, however many, cost the database one query.

import type { Clock } from "../time/clock.ts";

/**
 * Makes a function that asks at most once per `ageMs`; who asks while an answer is under way gets that one. A failure is
 * passed on and not kept.
 */
export function cached<T>(ask: () => Promise<T>, ageMs: number, clock: Clock): () => Promise<T> {
  let answer: Promise<T> | null = null;
  let expires = 0;
  return () => {
    if (answer !== null && clock.monotonic() < expires) return answer;
    const asked = ask();
    answer = asked;
    expires = Infinity;
    asked.then(
      () => {
        if (answer === asked) expires = clock.monotonic() + ageMs;
      },
      () => {
        if (answer === asked) answer = null;
      },
    );
    return asked;
  };
}

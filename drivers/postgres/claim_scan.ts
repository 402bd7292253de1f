// Where a claim begins to walk through the index of claimable tasks. Normally at the start. But
// while somebody holds an old snapshot open, PostgreSQL keeps an entry for every task that was
// claimed since, and each claim walks over all of them: measured, 100,000 entries cost 30 ms. Then
// most claims begin where the last full walk found the first task, and a full walk is made now and
// then, to find what came in before that place (a task that was given back, or dispatched for the
// past).

import type { Clock } from "../../src/time/clock.ts";

/** A walk that takes longer is slow, in milliseconds. A quick one takes about one for 250 tasks. */
const slowMs = 20;

/** Slow walks in a row before we react: a busy machine can make one slow. */
const slowInARow = 3;

/** Slow full walks may take one part of the time in this many. */
const share = 20;

/** The least time between slow full walks, in milliseconds. */
const shortestPauseMs = 1_000;

/**
 * A task may be committed so much later than it became due, in milliseconds, without waiting for
 * the next full walk.
 */
const marginMs = 100;

/** What a claim tells about its walk. */
export interface WalkedClaim {
  readonly now: number;
  readonly walkMs: number;
  readonly tasks: readonly { readonly queue: string; readonly dueAt: number }[];
}

/** Decides where claims begin. */
export class ClaimWalk {
  readonly #clock: Clock;
  /**
   * By queue, the due instants to begin at; a queue that is not in here is walked from the start.
   */
  readonly #starts = new Map<string, number>();
  #slowWalks = 0;
  #fullWalkAt = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The queues with the due instants to begin at, if not at the start. */
  begin<Queue extends { readonly name: string }>(
    queues: readonly Queue[],
  ): readonly (Queue & { readonly dueFrom?: number })[] {
    if (this.#starts.size === 0) return queues;
    if (this.#clock.monotonic() >= this.#fullWalkAt) this.#starts.clear();
    return queues.map((queue) => {
      const dueFrom = this.#starts.get(queue.name);
      return dueFrom === undefined ? queue : { ...queue, dueFrom };
    });
  }

  /** Learns from a claim from these queues, as {@linkcode ClaimWalk.begin} returned them. */
  learn(
    queues: readonly { readonly name: string; readonly dueFrom?: number }[],
    { now, walkMs, tasks }: WalkedClaim,
  ): void {
    const walked = queues.filter(({ dueFrom }) => dueFrom === undefined);
    if (walked.length === 0) return;
    this.#slowWalks = walkMs < slowMs ? 0 : this.#slowWalks + 1;
    if (this.#slowWalks < slowInARow) return;
    for (const { name } of walked) {
      const first = tasks.reduce(
        (least, { queue, dueAt }) => queue === name ? Math.min(least, dueAt) : least,
        now,
      );
      this.#starts.set(name, first - marginMs);
    }
    const pause = Math.max(shortestPauseMs, share * walkMs);
    this.#fullWalkAt = this.#clock.monotonic() + pause;
  }
}

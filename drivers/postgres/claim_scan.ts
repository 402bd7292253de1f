// Where a claim begins to scan through the index of claimable tasks. Normally at the start. But
// while somebody holds an old snapshot open, PostgreSQL keeps an entry for every task that was
// claimed since, and each claim scans over all of them: measured, 100,000 entries cost 30 ms. Then
// most claims begin where the last full scan found the first task, and a full scan is made now and
// then, to find what came in before that place (a task that was given back, or dispatched for the
// past).

import type { Clock } from "../../src/time/clock.ts";

/** A scan that takes longer is slow, in milliseconds. A quick one takes about one for 250 tasks. */
const slowMs = 20;

/** Slow scans in a row before we react: a busy machine can make one slow. */
const slowInARow = 3;

/** Slow full scans may take one part of the time in this many. */
const share = 20;

/** The least time between slow full scans, in milliseconds. */
const shortestPauseMs = 1_000;

/**
 * A task may be committed so much later than it became due, in milliseconds, without waiting for
 * the next full scan.
 */
const marginMs = 100;

/** What a claim tells about its scan. */
export interface ScannedClaim {
  readonly now: number;
  readonly walkMs: number;
  readonly tasks: readonly { readonly queue: string; readonly dueAt: number }[];
}

/** Decides where claims begin. */
export class ClaimScan {
  readonly #clock: Clock;
  /**
   * By queue, the due instants to begin at; a queue that is not in here is scanned from the start.
   */
  readonly #starts = new Map<string, number>();
  #slowScans = 0;
  #fullScanAt = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The queues with the due instants to begin at, if not at the start. */
  begin<Queue extends { readonly name: string }>(
    queues: readonly Queue[],
  ): readonly (Queue & { readonly dueFrom?: number })[] {
    if (this.#starts.size === 0) return queues;
    if (this.#clock.monotonic() >= this.#fullScanAt) this.#starts.clear();
    return queues.map((queue) => {
      const dueFrom = this.#starts.get(queue.name);
      return dueFrom === undefined ? queue : { ...queue, dueFrom };
    });
  }

  /** Learns from a claim from these queues, as {@linkcode ClaimScan.begin} returned them. */
  learn(
    queues: readonly { readonly name: string; readonly dueFrom?: number }[],
    { now, walkMs, tasks }: ScannedClaim,
  ): void {
    const scanned = queues.filter(({ dueFrom }) => dueFrom === undefined);
    if (scanned.length === 0) return;
    this.#slowScans = walkMs < slowMs ? 0 : this.#slowScans + 1;
    if (this.#slowScans < slowInARow) return;
    for (const { name } of scanned) {
      const first = tasks.reduce(
        (least, { queue, dueAt }) => queue === name ? Math.min(least, dueAt) : least,
        now,
      );
      this.#starts.set(name, first - marginMs);
    }
    const pause = Math.max(shortestPauseMs, share * walkMs);
    this.#fullScanAt = this.#clock.monotonic() + pause;
  }
}

// Decides where a claim starts to scan the index of claimable tasks: normally at its start. But
// while a transaction holds an old snapshot open, PostgreSQL keeps an index entry for each task
// claimed since then, and each claim scans all these entries: 100,000 entries cost 30 ms. In that
// case most claims start where the last full scan found the first task. An occasional full scan
// finds the tasks before that place: tasks that were released, or dispatched with a due instant in
// the past.

import type { Clock } from "../../src/time/clock.ts";

/**
 * The duration from which a scan is slow, in milliseconds. A quick scan of 250 tasks takes about 1
 * ms.
 */
const slowMs = 20;

/**
 * The number of consecutive slow scans after which scans start later. A single scan may be slow
 * because the machine is busy.
 */
const slowInARow = 3;

/** Slow full scans may take at most 1/`share` of the time. */
const share = 20;

/** The minimum time between slow full scans, in milliseconds. */
const shortestPauseMs = 1_000;

/**
 * The time by which a later start precedes the first task found, in milliseconds. A task that is
 * committed within this time after its due instant therefore does not wait for the next full scan.
 */
const marginMs = 100;

/** A claim's report about its scan. */
export interface ScannedClaim {
  readonly now: number;
  readonly walkMs: number;
  readonly tasks: readonly { readonly queue: string; readonly dueAt: number }[];
}

/** Decides where claims begin. */
export class ClaimScan {
  readonly #clock: Clock;
  /** The due instants at which scans start, by queue. Other queues are scanned from the start. */
  readonly #starts = new Map<string, number>();
  #slowScans = 0;
  #fullScanAt = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Returns the queues, each with the due instant at which its scan starts. A queue without
   * `dueFrom` is scanned from the start of the index.
   */
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

  /**
   * Evaluates the report of a claim. `queues` is the result of {@linkcode ClaimScan.begin} for that
   * claim.
   */
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

// Computes how many tasks wait for a rate limit, and when the next task may run, from the stored
// numbers of the algorithm; see ../storage/kit/gcra.ts.

import { budgetParts } from "../task/budget_name.ts";
import type { RateLimitRecord } from "../storage/queries.ts";

/** The budget of a rate limit, and the tasks that wait for it. */
export interface LimitOverview {
  /** The type of the limited tasks. */
  readonly type: string;
  /** The result of the limit's `key` for the tasks' payloads; empty for a limit without keys. */
  readonly key: string;
  /** The instant from which the whole budget is free of reservations; may be past. */
  readonly reservedUntilAt: Date;
  /** The instant from which the whole budget is free of runs; may be past. */
  readonly startedUntilAt: Date;
  /**
   * The number of tasks that have reserved a slot later than now; null if the budget was last
   * changed by a process of version 0.2 or earlier.
   */
  readonly waiting: number | null;
  /**
   * The slot that the next task would get; the present if the task would run at once. Null if
   * unknown, as for `waiting`.
   */
  readonly nextSlotAt: Date | null;
}

/**
 * The maximum rounding error of the end of a line of reservations. Slots are rounded up to whole
 * milliseconds. If a line becomes shorter, its new end is such a slot.
 */
const noiseMs = 1;

/**
 * Returns the budget of a rate limit, with the number of tasks that wait for it.
 *
 * @param now The storage's clock. Epoch milliseconds.
 */
export function limitOverview(record: RateLimitRecord, now: number): LimitOverview {
  const { reservedUntilAt, startedUntilAt, emissionIntervalMs, burst } = record;
  const budget = {
    ...budgetParts(record.key),
    reservedUntilAt: new Date(Math.ceil(reservedUntilAt)),
    startedUntilAt: new Date(Math.ceil(startedUntilAt)),
  };
  if (emissionIntervalMs === null || burst === null) {
    return { ...budget, waiting: null, nextSlotAt: null };
  }
  const toleranceMs = (burst - 1) * emissionIntervalMs;
  // Reserved slots are one interval apart. The last reserved slot is one interval before
  // `endOfLine`.
  const endOfLine = reservedUntilAt - toleranceMs;
  const reserved = Math.ceil((endOfLine - noiseMs - now) / emissionIntervalMs) - 1;
  const earliest = Math.ceil(Math.max(endOfLine, startedUntilAt - toleranceMs) - noiseMs);
  return {
    ...budget,
    waiting: Math.max(0, reserved - record.returnedSlots),
    nextSlotAt: new Date(Math.max(now, Math.min(earliest, record.firstReturnedAt ?? Infinity))),
  };
}

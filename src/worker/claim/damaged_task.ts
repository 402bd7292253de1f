// Checks whether a claimed row is usable. It may have been edited by hand or damaged by a disk.

import type { ClaimedTask } from "../../storage/records.ts";
import { isStorableInstant } from "../../time/instant.ts";

/** The value at which storage stops counters; see {@linkcode Storage.claim}. */
const lastCount = 2 ** 31 - 1;

/**
 * Returns why a claimed task is unusable, as a sentence that begins in lower case; null if it is
 * usable.
 */
export function damageOf(task: ClaimedTask): string | null {
  const { createdAt, dueAt, rateSlotAt, series, attempt, leaseToken, lostCount } = task;
  // The checks create no arrays, because nearly all rows are undamaged and have neither a series
  // nor a slot.
  if (!isStorableInstant(createdAt)) return describe("createdAt", createdAt);
  if (!isStorableInstant(dueAt)) return describe("dueAt", dueAt);
  if (!isCounter(attempt)) return describe("attempt", attempt);
  if (!isCounter(leaseToken)) return describe("leaseToken", leaseToken);
  if (!isCounter(lostCount)) return describe("lostCount", lostCount);
  if (rateSlotAt !== null && !isStorableInstant(rateSlotAt)) {
    return describe("rateSlotAt", rateSlotAt);
  }
  if (series === null) return null;
  if (series.unreadable !== undefined) return `its schedule cannot be used. ${series.unreadable}`;
  for (const name of ["anchorAt", "runUntil", "nextRunAt"] as const) {
    const instant: number | null = series[name];
    if (instant !== null && !isStorableInstant(instant)) return describe(`series.${name}`, instant);
  }
  for (const name of ["runCount", "maxRuns"] as const) {
    const count = series[name];
    if (count !== null && !Number.isSafeInteger(count)) return describe(`series.${name}`, count);
  }
  return null;
}

function isCounter(value: number): boolean {
  return Number.isInteger(value) && Math.abs(value) < lastCount;
}

function describe(name: string, value: unknown): string {
  return `its row in storage is damaged, ${name} is ${value}.`;
}

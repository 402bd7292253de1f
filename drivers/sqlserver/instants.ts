// Converts instants and delays for the procedures.

const earliest = Date.parse("0001-01-01T00:00:00.000Z");
const latest = Date.parse("9999-12-31T23:59:59.999Z");

/**
 * The maximum delay in milliseconds. It can be added to the current time without exceeding the
 * range of datetimeoffset.
 */
const longestDelayMs = 200_000_000_000_000;

/** Returns an instant as text for datetimeoffset, limited to its range. */
export function toIso(epochMs: number): string;
export function toIso(epochMs: number | null): string | null;
export function toIso(epochMs: number | null): string | null {
  if (epochMs === null) return null;
  return new Date(Math.min(Math.max(Math.round(epochMs), earliest), latest)).toISOString();
}

/** Returns an instant as the value of a parameter, limited to the range of datetimeoffset. */
export function toDate(epochMs: number | null): Date | null {
  const iso = toIso(epochMs);
  return iso === null ? null : new Date(iso);
}

/** Rounds an age or a delay to whole milliseconds, and limits it to the maximum delay. */
export function toWholeMs(ms: number): number {
  return Math.min(Math.max(Math.round(ms), -longestDelayMs), longestDelayMs);
}

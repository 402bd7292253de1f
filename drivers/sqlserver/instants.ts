// Instants and delays in the forms that the procedures take.

const earliest = Date.parse("0001-01-01T00:00:00.000Z");
const latest = Date.parse("9999-12-31T23:59:59.999Z");

/**
 * The longest delay that can be added to any instant of this era without leaving what
 * datetimeoffset can hold.
 */
const longestDelayMs = 200_000_000_000_000;

/** An instant as text for datetimeoffset; what lies outside of its years is moved to its ends. */
export function toIso(epochMs: number): string;
export function toIso(epochMs: number | null): string | null;
export function toIso(epochMs: number | null): string | null {
  if (epochMs === null) return null;
  return new Date(Math.min(Math.max(Math.round(epochMs), earliest), latest)).toISOString();
}

/** An instant as a typed parameter. */
export function toDate(epochMs: number | null): Date | null {
  const iso = toIso(epochMs);
  return iso === null ? null : new Date(iso);
}

/** An age or a delay in whole milliseconds. */
export function toWholeMs(ms: number): number {
  return Math.min(Math.max(Math.round(ms), -longestDelayMs), longestDelayMs);
}

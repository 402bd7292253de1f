// Formats times and counts as words, for sentences.

const units: readonly (readonly [one: string, many: string, ms: number])[] = [
  ["day", "days", 86_400_000],
  ["h", "h", 3_600_000],
  ["min", "min", 60_000],
  ["s", "s", 1000],
];

/**
 * Formats a duration in its two largest units, such as `40 s`, `2 min 5 s` or `3 days 4 h`. Seconds
 * are rounded up.
 */
export function durationWords(ms: number): string {
  if (!Number.isFinite(ms)) return "an unknown time";
  let left = Math.ceil(Math.max(0, ms) / 1000) * 1000;
  const parts: string[] = [];
  for (const [one, many, size] of units) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count} ${count === 1 ? one : many}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.length === 0 ? "0 s" : parts.join(" ");
}

/** Formats an instant in ISO 8601. Accepts an invalid date, which a damaged row may have. */
export function instantWords(instant: Date): string {
  return Number.isNaN(instant.getTime()) ? "an unknown time" : instant.toISOString();
}

/** Formats a count with its noun: `1 task`, `3 tasks`. */
export function countWords(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

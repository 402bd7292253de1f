// Arithmetic and text of figures.

/** Returns the percentile of values for a `share` from 0 to 1, by the nearest rank. */
export function percentile(values: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

/** Returns the median. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The median of each field over several records. */
export function medians<T extends { readonly [Key in keyof T]: number }>(records: readonly T[]): T {
  const entries = Object.keys(records[0]!).map((key) =>
    [key, median(records.map((record) => record[key as keyof T]))] as const
  );
  return Object.fromEntries(entries) as T;
}

/** Tasks a second, to three digits: `25,300`. */
export function rate(value: number): string {
  const digits = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, value))) - 2);
  return (Math.round(value / digits) * digits).toLocaleString("en-US");
}

/** A number with grouped thousands: `1,000,000`. */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** A ratio: `1.25 ×`. */
export function ratio(value: number): string {
  return `${value.toFixed(2)} ×`;
}

/** Milliseconds: `0.35 ms`. */
export function milliseconds(value: number): string {
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ms`;
}

/** Bytes as MiB: `84 MiB`. */
export function mebibytes(bytes: number): string {
  return `${grouped(bytes / 2 ** 20)} MiB`;
}

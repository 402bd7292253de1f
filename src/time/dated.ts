// Converts the instants of records: dates in the public API, epoch milliseconds inside.

/**
 * A record of the storage contract with each instant as a `Date` instead of epoch milliseconds.
 * Instants are the fields `runUntil`, `now`, and the fields whose name ends in `At`.
 */
export type Dated<T> = T extends readonly (infer Item)[] ? readonly Dated<Item>[]
  : T extends object ? {
      readonly [Name in keyof T]: Name extends `${string}At` | "runUntil" | "now"
        ? Date | Exclude<T[Name], number>
        : Dated<T[Name]>;
    }
  : T;

function isInstantName(name: string): boolean {
  return name.endsWith("At") || name === "runUntil" || name === "now";
}

/**
 * Converts the instants of a record to dates.
 *
 * @param record A record of the storage contract, or an array of records, as plain data.
 */
export function dated<T>(record: T): Dated<T> {
  if (Array.isArray(record)) return record.map(dated) as Dated<T>;
  if (typeof record !== "object" || record === null) return record as Dated<T>;
  const entries = Object.entries(record).map(([name, value]) => [
    name,
    typeof value === "number" && isInstantName(name) ? new Date(value) : dated(value),
  ]);
  return Object.fromEntries(entries) as Dated<T>;
}

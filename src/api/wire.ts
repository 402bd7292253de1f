// Converts records to JSON, with instants as ISO 8601 strings.

/** A record as it appears in a response. */
export type Wire<T> = T extends Date ? string
  : T extends readonly (infer Item)[] ? Wire<Item>[]
  : T extends object ? { -readonly [Name in keyof T]: Wire<T[Name]> }
  : T;

/** Converts the dates of a record to strings. An invalid date, from a damaged row, becomes null. */
export function toWire<T>(record: T): Wire<T> {
  return JSON.parse(JSON.stringify(record));
}

// Records as JSON: instants become ISO 8601 text.

/** A record in the form of an answer. */
export type Wire<T> = T extends Date ? string
  : T extends readonly (infer Item)[] ? Wire<Item>[]
  : T extends object ? { -readonly [Name in keyof T]: Wire<T[Name]> }
  : T;

/** Makes texts of a record's dates; one that is no instant, of a damaged row, becomes null. */
export function toWire<T>(record: T): Wire<T> {
  return JSON.parse(JSON.stringify(record));
}

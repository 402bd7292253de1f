// Shorthands for instants and schedules in tests of scheduling.

import { type RecurringInput, toRecurrence } from "../../src/schedule/builder.ts";
import type { Recurrence } from "../../src/schedule/recurrence.ts";
import { anchored, type AnchoredRecurrence, occurrenceAfter } from "../../src/schedule/series.ts";

/** Returns the epoch milliseconds of an instant, in UTC if it has no zone: "2026-03-01 12:00". */
export function utc(text: string): number {
  const iso = text.length === 10 ? `${text}T00:00` : text.replace(" ", "T");
  const epoch = Date.parse(/(Z|[+-]\d\d:\d\d)$/.test(iso) ? iso : `${iso}Z`);
  if (Number.isNaN(epoch)) throw new Error(`The test has no valid instant: ${text}`);
  return epoch;
}

/** Formats an instant in UTC as "2026-03-01 12:00", with seconds if they are not 0. */
export function show(epoch: number | null): string {
  if (epoch === null) return "never";
  return new Date(epoch).toISOString().replace("T", " ").replace(/(:00)?\.000Z$/, "");
}

/** Returns a schedule registered at an instant. */
export function registered(input: RecurringInput, at: string): AnchoredRecurrence {
  return anchored(toRecurrence(input), utc(at));
}

/** Returns the next occurrences after an instant. */
export function series(recurrence: Recurrence, after: number, count: number): number[] {
  const found: number[] = [];
  let next = occurrenceAfter(recurrence, after, after);
  while (next !== null && found.length < count) {
    found.push(next);
    next = occurrenceAfter(recurrence, next, after);
  }
  return found;
}

/** Returns the next occurrences of a schedule registered at an instant, as text. */
export function runs(input: RecurringInput, at: string, count: number): string[] {
  return series(registered(input, at), utc(at), count).map(show);
}

// Finds the occurrences of a schedule around a clock change by brute force: it reads the wall clock
// at every minute.

import { assertGreater } from "@std/assert";
import fc from "fast-check";
import type { Recurrence } from "../../src/schedule/recurrence.ts";
import { occurrenceAfter } from "../../src/schedule/series.ts";
import type { TimeZone, Transition } from "../../src/schedule/time_zone.ts";
import { utc } from "./support.ts";

export const minute = 60_000;
export const day = 86_400_000;

/** Returns random clock changes of a zone, except those whose offsets are not whole minutes. */
export function someChanges(zone: TimeZone, count: number): Transition[] {
  const found: Transition[] = [];
  let change = zone.nextTransition(utc("2007-01-01"), utc("2030-01-01"));
  while (change !== undefined) {
    if (change.offsetBefore % minute === 0 && change.offsetAfter % minute === 0) found.push(change);
    change = zone.nextTransition(change.at, utc("2030-01-01"));
  }
  const size = Math.min(count, found.length);
  return fc.sample(fc.shuffledSubarray(found, { minLength: size, maxLength: size }), 1)[0]!;
}

/** Returns all occurrences in the interval (after, upTo], found one by one. */
export function walk(recurrence: Recurrence, after: number, upTo: number): number[] {
  const found: number[] = [];
  let next = occurrenceAfter(recurrence, after, after);
  while (next !== null && next <= upTo) {
    assertGreater(next, found.at(-1) ?? after);
    found.push(next);
    next = occurrenceAfter(recurrence, next, after);
  }
  return found;
}

/**
 * Returns the wall-clock readings of a zone, minute by minute, each with the instants at which it
 * is shown. A reading has two instants if the hour is repeated.
 */
export function readings(zone: TimeZone, from: number, to: number): Map<number, number[]> {
  const shown = new Map<number, number[]>();
  for (let instant = from; instant <= to; instant += minute) {
    const reading = instant + zone.offsetAt(instant);
    const instants = shown.get(reading);
    if (instants === undefined) shown.set(reading, [instant]);
    else instants.push(instant);
  }
  return shown;
}

/** Returns the runs around a clock change that the rules for clock changes require. */
export function expectedRuns(
  shown: Map<number, number[]>,
  change: Transition,
  reach: number,
  repeated: "first" | "both",
  matches: (reading: number) => boolean,
): number[] {
  const from = change.at - reach;
  const to = change.at + reach;
  const runs = new Set<number>();
  const last = to + change.offsetAfter;
  for (let reading = from + change.offsetBefore; reading <= last; reading += minute) {
    if (!matches(reading)) continue;
    const instants = shown.get(reading);
    if (instants === undefined) {
      // The reading is in the gap, so the run is at its end.
      runs.add(change.at);
    } else if (repeated === "both") instants.forEach((instant) => runs.add(instant));
    else runs.add(instants[0]!);
  }
  return [...runs].filter((run) => run > from && run <= to).sort((a, b) => a - b);
}

/**
 * Reports whether no other clock change is within `reach` of a change. {@linkcode expectedRuns}
 * requires this.
 */
export function isAlone(zone: TimeZone, change: Transition, reach: number): boolean {
  return zone.nextTransition(change.at - reach, change.at - 1) === undefined &&
    zone.nextTransition(change.at, change.at + reach) === undefined;
}

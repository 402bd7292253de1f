// The occurrences of a schedule around a clock change, found minute by minute from the wall clocks'
// readings.

import { assertGreater } from "@std/assert";
import fc from "fast-check";
import type { Recurrence } from "../../src/schedule/recurrence.ts";
import { occurrenceAfter } from "../../src/schedule/series.ts";
import type { TimeZone, Transition } from "../../src/schedule/time_zone.ts";
import { utc } from "./support.ts";

export const minute = 60_000;
export const day = 86_400_000;

/** Some clock changes of a zone, without those by seconds that ended local mean times. */
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

/** All occurrences after one instant and not after another, one by one. */
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
 * What the wall clocks of a zone show, minute by minute: each reading with the instants at which
 * they show it.
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

/** The instants of a schedule by the rules for clock changes, around one change. */
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
      // In the gap: the first instant whose reading is later.
      runs.add(change.at);
    } else if (repeated === "both") instants.forEach((instant) => runs.add(instant));
    else runs.add(instants[0]!);
  }
  return [...runs].filter((run) => run > from && run <= to).sort((a, b) => a - b);
}

/** A change alone in its surroundings, so that the brute force above stays simple. */
export function isAlone(zone: TimeZone, change: Transition, reach: number): boolean {
  return zone.nextTransition(change.at - reach, change.at - 1) === undefined &&
    zone.nextTransition(change.at, change.at + reach) === undefined;
}

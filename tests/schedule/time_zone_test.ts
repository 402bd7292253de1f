// Compares offsets and clock changes with Intl for every time zone of the runtime.

import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { InvalidScheduleError } from "../../src/schedule/errors.ts";
import { TimeZone } from "../../src/schedule/time_zone.ts";
import { show, utc } from "./support.ts";

/** Reads the offset from Intl's name for it ("GMT+05:30"), unlike the implementation. */
function offsetByName(format: Intl.DateTimeFormat, instant: number): number {
  const name = format.formatToParts(instant).find(({ type }) => type === "timeZoneName")!.value;
  const match = /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(name);
  assert(match !== null, name);
  const [, sign, hours = "0", minutes = "0", seconds = "0"] = match;
  const size = Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Number(seconds) * 1_000;
  return sign === "-" ? -size : size;
}

Deno.test("the next change after a change is a later one", () => {
  const zone = TimeZone.of("Europe/Rome");
  const at = utc("2026-03-29 01:00");
  assertEquals(zone.nextTransition(at - 1, at)?.at, at);
  assertEquals(zone.nextTransition(at, utc("2026-06-01")), undefined);
  assertEquals(zone.nextTransition(at, utc("2027-01-01"))?.at, utc("2026-10-25 01:00"));
});

Deno.test("offsets agree with Intl in every zone, at any instant from 1950 to 2100", () => {
  for (const name of Intl.supportedValuesOf("timeZone")) {
    const zone = TimeZone.of(name);
    const format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      timeZoneName: "longOffset",
    });
    const instant = fc.integer({ min: utc("1950-01-01"), max: utc("2100-01-01") });
    fc.assert(
      fc.property(instant, (at) => zone.offsetAt(at) === offsetByName(format, at)),
      { numRuns: 15 },
    );
  }
});

Deno.test("each clock change is found once, to the second", () => {
  const zone = TimeZone.of("Europe/Rome");
  const found: string[] = [];
  let change = zone.nextTransition(utc("2026-01-01"), utc("2028-01-01"));
  while (change !== undefined) {
    found.push(`${show(change.at)} ${(change.offsetAfter - change.offsetBefore) / 60_000}`);
    assertEquals(zone.offsetAt(change.at - 1), change.offsetBefore);
    assertEquals(zone.offsetAt(change.at), change.offsetAfter);
    change = zone.nextTransition(change.at, utc("2028-01-01"));
  }
  assertEquals(found, [
    "2026-03-29 01:00 60",
    "2026-10-25 01:00 -60",
    "2027-03-28 01:00 60",
    "2027-10-31 01:00 -60",
  ]);
});

Deno.test("the range of nextTransition() excludes its first instant and includes its last", () => {
  const zone = TimeZone.of("Europe/Rome");
  const at = utc("2026-03-29 01:00");
  assertEquals(zone.nextTransition(at - 1, at)?.at, at);
  assertEquals(zone.nextTransition(at, at + 1), undefined);
  assertEquals(zone.nextTransition(at - 2, at - 1), undefined);
});

Deno.test("clock changes that are close together are all found", () => {
  // Recife had daylight saving for one week in October 2000.
  const zone = TimeZone.of("America/Recife");
  const found: string[] = [];
  let change = zone.nextTransition(utc("2000-09-01"), utc("2000-12-01"));
  while (change !== undefined) {
    found.push(show(change.at));
    change = zone.nextTransition(change.at, utc("2000-12-01"));
  }
  assertEquals(found, ["2000-10-08 03:00", "2000-10-15 02:00"]);
});

Deno.test("a zone is created once, and an unknown one is rejected", () => {
  assertStrictEquals(TimeZone.of("Europe/Rome"), TimeZone.of("Europe/Rome"));
  for (const name of ["Europe/Atlantis", "", "+01:00", "Rome"]) {
    const error = assertThrows(() => TimeZone.of(name), InvalidScheduleError);
    assertEquals([error.argument, error.value], ["timeZone", name]);
  }
});

Deno.test("offsets are known for all dates", () => {
  const zone = TimeZone.of("Europe/Rome");
  assertEquals(zone.offsetAt(8.64e15), zone.offsetAt(8.64e15 - 1));
  assertEquals(zone.offsetAt(-8.64e15), zone.offsetAt(-8.64e15 + 1));
});

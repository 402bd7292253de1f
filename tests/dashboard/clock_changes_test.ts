// Tests the times of runs in the zone of their schedule, and the marks of clock changes.

import { assertEquals } from "@std/assert";
import { zonedRuns, zoneOf } from "../../src/dashboard/ui/clock_changes.ts";

const day = 86_400_000;

/** Returns `count` instants, one day apart. */
function daily(first: string, count: number): string[] {
  return Array.from(
    { length: count },
    (_, index) => new Date(Date.parse(first) + index * day).toISOString(),
  );
}

Deno.test("a run is marked if the zone's clock has changed since the run before", () => {
  const cases: [zone: string, first: string, marked: number[]][] = [
    ["Europe/Rome", "2027-03-27T08:00:00Z", [1]],
    ["Europe/Rome", "2027-10-30T08:00:00Z", [1]],
    ["America/New_York", "2027-03-13T08:00:00Z", [1]],
    ["Australia/Lord_Howe", "2027-04-02T20:00:00Z", [1]], // by half an hour
    ["Asia/Tokyo", "2027-03-27T08:00:00Z", []],
    ["UTC", "2027-03-27T08:00:00Z", []],
  ];
  for (const [zone, first, marked] of cases) {
    const runs = zonedRuns(daily(first, 4), zone, Date.parse(first));
    const found = runs.flatMap(({ offsetBefore }, index) => offsetBefore === null ? [] : [index]);
    assertEquals(found, marked, `${zone} ${first}`);
  }
});

Deno.test("the first run is compared with the present", () => {
  const [run] = zonedRuns(["2027-07-01T07:00:00Z"], "Europe/Rome", Date.parse("2027-01-01"));
  assertEquals([run!.text, run!.offsetBefore, run!.offset], [
    "Thu 2027-07-01 09:00:00",
    "GMT+01:00",
    "GMT+02:00",
  ]);
});

Deno.test("the zone of a schedule is UTC unless its JSON names another", () => {
  assertEquals(zoneOf('{"kind":"interval","every":1,"unit":"hours"}'), "UTC");
  assertEquals(
    zoneOf('{"kind":"cron","expression":"0 9 * * *","timeZone":"Asia/Tokyo"}'),
    "Asia/Tokyo",
  );
  for (const other of ["0 9 * * *", "{", "null", '{"timeZone":"Nowhere/Land"}', '{"timeZone":7}']) {
    assertEquals(zoneOf(other), "UTC", other);
  }
});

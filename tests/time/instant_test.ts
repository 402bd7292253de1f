import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { InvalidArgumentError } from "../../src/guards/errors.ts";
import { hostileValues } from "../support/hostile_values.ts";
import { type Instant, toEpochMilliseconds } from "../../src/time/instant.ts";

const epoch = Date.UTC(2026, 11, 25, 10, 0, 0);

const valid: [string, Instant, number][] = [
  ["a Date", new Date(epoch), epoch],
  ["a Date before 1970", new Date(-1), -1],
  ["UTC", "2026-12-25T10:00:00Z", epoch],
  ["without seconds", "2026-12-25T10:00Z", epoch],
  ["with a fraction", "2026-12-25T10:00:00.123Z", epoch + 123],
  ["with a comma, as ISO 8601 prefers", "2026-12-25T10:00:00,123Z", epoch + 123],
  ["an offset", "2026-12-25T11:00:00+01:00", epoch],
  ["an offset without colon", "2026-12-25T04:30:00-0530", epoch],
  ["a leap day", "2024-02-29T00:00:00Z", Date.UTC(2024, 1, 29)],
  ["lower case", "2026-12-25t10:00:00z", epoch],
  ["something like a Temporal.Instant", { epochMilliseconds: epoch }, epoch],
  ["a fraction of a millisecond is cut off", { epochMilliseconds: epoch + 0.9 }, epoch],
];

for (const [sentence, instant, expected] of valid) {
  Deno.test(`instant: ${sentence}`, () => {
    assertEquals(toEpochMilliseconds(instant, "at"), expected);
  });
}

const invalid: unknown[] = [
  new Date(NaN),
  "",
  "tomorrow",
  "2026-12-25",
  "2026-12-25T10:00:00",
  "2026-12-25 10:00:00Z",
  "2026-13-25T10:00:00Z",
  "2026-02-29T10:00:00Z",
  "2026-04-31T10:00:00+02:00",
  "2026-06-00T10:00:00Z",
  "2026-12-25T25:00:00Z",
  "12/25/2026",
  epoch,
  null,
  undefined,
  {},
  { epochMilliseconds: NaN },
  { epochMilliseconds: 8.64e15 + 1 },
  ...["x", "12", "", null, true, [], [5], 5n, Symbol("5"), Object.create(null), {
    valueOf: () => 5,
  }]
    .map((epochMilliseconds) => ({ epochMilliseconds })),
  ...Object.values(hostileValues).map((make) => make()),
];

for (const [index, instant] of invalid.entries()) {
  Deno.test(`the error for an invalid instant names the parameter and the valid forms (${index + 1})`, () => {
    const error = assertThrows(
      () => toEpochMilliseconds(instant as Instant, "at"),
      InvalidArgumentError,
      "at is ",
    );
    assertStrictEquals(error.value, instant);
    assertEquals(error.message.includes("an ISO 8601 string with an offset"), true);
  });
}

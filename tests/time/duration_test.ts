import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { InvalidArgumentError } from "../../src/guards/errors.ts";
import { hostileValues } from "../support/hostile_values.ts";
import {
  type Duration,
  longestDurationMs,
  toMilliseconds,
  toMillisecondsAtMost,
} from "../../src/time/duration.ts";

const valid: [Duration, number][] = [
  [0, 0],
  [1500, 1500],
  [0.4, 0],
  [0.5, 1],
  [{ milliseconds: 5 }, 5],
  [{ seconds: 1.5 }, 1500],
  [{ minutes: 5 }, 300_000],
  [{ hours: 1, minutes: 30 }, 5_400_000],
  [{ days: 1 }, 86_400_000],
  [{ days: 1, hours: -1 }, 82_800_000],
  [{ days: 365_000 }, 31_536_000_000_000],
];

for (const [duration, expected] of valid) {
  Deno.test(`${JSON.stringify(duration)} is ${expected} milliseconds`, () => {
    assertEquals(toMilliseconds(duration, "delay"), expected);
  });
}

const invalid: unknown[] = [
  -1,
  NaN,
  Infinity,
  -Infinity,
  "5",
  null,
  undefined,
  true,
  [],
  [5],
  {},
  { minute: 5 },
  { minutes: "5" },
  { minutes: null },
  { minutes: undefined },
  { minutes: NaN },
  { hours: 1, minutes: -61 },
  { toString: 1 },
  { constructor: 1 },
  new Date(),
  ...Object.values(hostileValues).map((make) => make()),
];

for (const [index, duration] of invalid.entries()) {
  Deno.test(`the error for an invalid duration names the parameter and the valid forms (${index + 1})`, () => {
    const error = assertThrows(
      () => toMilliseconds(duration as Duration, "queues.email.timeout"),
      InvalidArgumentError,
      "queues.email.timeout is ",
    );
    assertStrictEquals(error.value, duration);
    assertEquals(error.message.includes("milliseconds as a number"), true);
  });
}

Deno.test("a duration beyond the maximum is rejected, or reduced to it by toMillisecondsAtMost()", () => {
  const longest: Duration[] = [longestDurationMs, { days: 365_000 }];
  for (const duration of longest) {
    assertEquals(toMilliseconds(duration, "delay"), longestDurationMs);
  }
  const tooLong: Duration[] = [
    longestDurationMs + 1,
    { days: 365_000, milliseconds: 1 },
    2 ** 53,
    Number.MAX_VALUE,
    { days: 1e300 },
  ];
  for (const duration of tooLong) {
    const refused = () => toMilliseconds(duration, "delay");
    assertThrows(refused, InvalidArgumentError, "delay is ");
    assertEquals(toMillisecondsAtMost(duration, "delay"), longestDurationMs);
  }
  for (const duration of [NaN, Infinity, -1, { days: 1e308, hours: 1e308 }]) {
    assertThrows(() => toMillisecondsAtMost(duration, "delay"), InvalidArgumentError, "delay is ");
  }
});

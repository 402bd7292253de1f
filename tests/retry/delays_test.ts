// Tests excessive delays: they are rejected in definitions and reduced at run time, and no
// arithmetic gives NaN.

import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  defineTask,
  exponentialRetry,
  InvalidArgumentError,
  linearRetry,
  RetryLater,
  type RetryPolicy,
} from "../../mod.ts";
import { longestDurationMs } from "../../src/time/duration.ts";
import { decideEnding } from "../../src/worker/attempt/ending.ts";
import { startEngine } from "../support/engine.ts";

const down = new Error("down");

/** Valid delays, and numbers at the limits of arithmetic. */
const anyDelay = fc.oneof(
  fc.nat(),
  fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, 0.3, 2 ** 31, 2 ** 53, longestDurationMs, 1e300, Number.MAX_VALUE),
);

const anyPolicy: fc.Arbitrary<() => RetryPolicy> = fc.oneof(
  fc.tuple(fc.nat(), fc.array(anyDelay, { minLength: 1, maxLength: 3 })).map(
    ([retries, delays]) => () => linearRetry(retries, delays),
  ),
  fc.record({
    retries: fc.nat(),
    base: anyDelay,
    max: anyDelay,
    factor: fc.oneof(fc.double({ min: 1, noNaN: true }), fc.constantFrom(1, 2, 1e300)),
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  }).map((options) => () => exponentialRetry(options)),
);

const anyAttempt = fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 2 ** 31 }));
const anyRandom = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

Deno.test("a policy is rejected, or returns a delay that every store can hold, or null, for each attempt", () => {
  fc.assert(
    fc.property(anyPolicy, anyAttempt, anyRandom, (make, attempt, random) => {
      let policy: RetryPolicy;
      try {
        policy = make();
      } catch (error) {
        assert(error instanceof InvalidArgumentError, String(error));
        return;
      }
      const delay = policy.nextDelay(attempt, down, () => random);
      assert(delay === null || delay >= 0 && delay <= longestDurationMs, `${delay}`);
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("delays that no store could add to the present are rejected at definition", () => {
  for (
    const make of [
      () => linearRetry(1, { days: 1e300 }),
      () => linearRetry(1, [5, 2 ** 53]),
      () => exponentialRetry({ retries: 1, base: 1e300 }),
      () => exponentialRetry({ retries: 1, max: { days: 1e300 } }),
    ]
  ) assertThrows(make, InvalidArgumentError, "1000 years");
});

Deno.test("a base of 0 stays 0 when the factor's power overflows", () => {
  const policy = exponentialRetry({ base: 0, retries: 1_100 });
  assertEquals(policy.nextDelay(1_025, down), 0);
  assertEquals(policy.nextDelay(1_100, down), 0);
});

Deno.test("a delay of a policy or a handler at run time is limited to the maximum of all stores", () => {
  const ending = (error: unknown, delay: unknown) =>
    decideEnding(
      { failure: { error }, abortReason: undefined, attempt: 1, lostCount: 0 },
      { nextDelay: () => delay as number },
      () => 0,
    );
  fc.assert(fc.property(anyDelay, (delay) => {
    assertEquals(ending(down, delay)?.dueInMs, Math.min(delay, longestDurationMs));
    const later = ending(new RetryLater(delay), null)?.dueInMs;
    assertEquals(later, Math.min(Math.round(delay), longestDurationMs));
  }));
  for (const delay of [NaN, Infinity, -1, "50", 5n, undefined, {}, Promise.resolve(5)]) {
    assertEquals(ending(down, delay)?.status, "Failed", String(delay));
  }
});

Deno.test("a task whose handler asks for an endless delay waits for a thousand years", async () => {
  const endless = defineTask({
    type: "endless",
    handle() {
      throw new RetryLater({ days: 1e300 });
    },
  });
  await using engine = await startEngine({ tasks: [endless] });
  const { id } = await engine.everTask.dispatch(endless);
  await engine.event((event) => event.taskId === id && event.kind === "retrying");
  const { status, dueAt } = (await engine.everTask.get(id))!;
  assertEquals(status, "Pending");
  const years = new Date(dueAt!).getUTCFullYear() - new Date().getUTCFullYear();
  assert(years === 999 || years === 1_000, `${years} years`);
});

import { assertEquals, assertThrows } from "@std/assert";
import {
  exponentialRetry,
  InvalidArgumentError,
  linearRetry,
  noRetry,
  TaskCancelledError,
  TimeoutError,
} from "@evertask/evertask";

const down = new Error("down");

function delays(policy: ReturnType<typeof linearRetry>, attempts: number, random?: () => number) {
  return Array.from({ length: attempts }, (_, i) => policy.nextDelay(i + 1, down, random));
}

Deno.test("linearRetry() retries the given number of times, after the same delay", () => {
  assertEquals(delays(linearRetry(2, { seconds: 1 }), 4), [1000, 1000, null, null]);
  assertEquals(delays(linearRetry(0, 5), 1), [null]);
});

Deno.test("linearRetry() applies an array of delays in order, and repeats the last one", () => {
  assertEquals(delays(linearRetry(4, [1, 10, 100]), 5), [1, 10, 100, 100, null]);
  assertEquals(delays(linearRetry(1, [1, 10, 100]), 2), [1, null]);
});

Deno.test("exponentialRetry() doubles its delay up to the maximum", () => {
  const policy = exponentialRetry({ retries: 5, max: { seconds: 5 } });
  assertEquals(delays(policy, 6), [1000, 2000, 4000, 5000, 5000, null]);
});

Deno.test("exponentialRetry() shortens a delay at random by up to its jitter", () => {
  const policy = (jitter: number) => exponentialRetry({ retries: 1, base: 1000, jitter });
  assertEquals(policy(0.5).nextDelay(1, down, () => 0.5), 750);
  assertEquals(policy(1).nextDelay(1, down, () => 0.75), 250);
  assertEquals(policy(0).nextDelay(1, down, () => 0.99), 1000);
  assertEquals(policy(1).nextDelay(1, down, () => 0), 1000);
});

Deno.test("exponentialRetry() applies its jitter to the maximum delay, too", () => {
  const policy = exponentialRetry({ retries: 9, base: 1000, max: 2000, jitter: 0.5 });
  const delays = [1, 2, 3, 9].map((attempt) => policy.nextDelay(attempt, down, () => 0.5));
  assertEquals(delays, [750, 1500, 1500, 1500]);
});

Deno.test("exponentialRetry() stays at its maximum delay when the power overflows", () => {
  const policy = exponentialRetry({ retries: 5000, factor: 10, max: { hours: 1 } });
  assertEquals(policy.nextDelay(4999, down), 3_600_000);
});

Deno.test("noRetry() never retries", () => {
  assertEquals(noRetry().nextDelay(1, down), null);
});

Deno.test("a policy rejects invalid options, and names them", () => {
  for (
    const make of [
      () => linearRetry(-1, 1),
      () => linearRetry(1.5, 1),
      () => linearRetry(1, []),
      () => linearRetry(1, -1),
      () => exponentialRetry({ retries: NaN }),
      () => exponentialRetry({ retries: 1, factor: 0.5 }),
      () => exponentialRetry({ retries: 1, factor: Infinity }),
      () => exponentialRetry({ retries: 1, jitter: 1.1 }),
      () => exponentialRetry({ retries: 1, base: -1 }),
      () => exponentialRetry({ retries: 1, max: Infinity }),
    ]
  ) assertThrows(make, InvalidArgumentError);
});

Deno.test("handle() retries only its classes and their subclasses", () => {
  const policy = linearRetry(1, 5).handle(TypeError, SyntaxError).handle(RangeError);
  class Special extends RangeError {}
  assertEquals(
    [new TypeError(), new SyntaxError(), new Special(), down, "text", null].map((error) =>
      policy.nextDelay(1, error)
    ),
    [5, 5, 5, null, null, null],
  );
});

Deno.test("doNotHandle() retries all but its classes", () => {
  const policy = linearRetry(1, 5).doNotHandle(TypeError).doNotHandle(RangeError);
  assertEquals(
    [new TypeError(), new RangeError(), down, "text"].map((error) => policy.nextDelay(1, error)),
    [null, null, 5, 5],
  );
});

Deno.test("handle() and doNotHandle() cannot be mixed, in either order", () => {
  const policy = linearRetry(1, 5);
  for (
    const mix of [
      () => policy.handle(TypeError).doNotHandle(RangeError),
      () => policy.doNotHandle(TypeError).handle(RangeError),
      () => policy.handleTransientNetworkErrors().doNotHandle(RangeError),
      () => policy.doNotHandle(TypeError).handleTransientDatabaseErrors(),
    ]
  ) assertThrows(mix, InvalidArgumentError, "opposite");
});

Deno.test("handleWhen() takes precedence over earlier filters", () => {
  const onlyDown = (error: unknown) => error === down;
  for (const base of [linearRetry(1, 5).handle(TypeError), linearRetry(1, 5).doNotHandle(Error)]) {
    const policy = base.handleWhen(onlyDown);
    assertEquals([down, new TypeError()].map((e) => policy.nextDelay(1, e)), [5, null]);
  }
});

Deno.test("a filter does not change the policy that it is called on", () => {
  const policy = linearRetry(1, 5);
  policy.handle(TypeError);
  policy.handleWhen(() => false);
  assertEquals(policy.nextDelay(1, down), 5);
});

Deno.test("a filter rejects an argument of another type, and a call without arguments", () => {
  const policy = exponentialRetry({ retries: 1 });
  assertThrows(() => policy.handle(), InvalidArgumentError);
  assertThrows(() => policy.doNotHandle(), InvalidArgumentError);
  assertThrows(() => policy.handle("TypeError" as never), InvalidArgumentError);
  assertThrows(() => policy.handleWhen(/x/ as never), InvalidArgumentError);
});

Deno.test("a timeout is retried only if the policy handles it", () => {
  const timeout = new TimeoutError(10);
  const policy = linearRetry(1, 5);
  assertEquals(policy.nextDelay(1, timeout), null);
  assertEquals(policy.doNotHandle(TypeError).nextDelay(1, timeout), null);
  assertEquals(policy.handle(TypeError).nextDelay(1, timeout), null);
  assertEquals(policy.handleTransientNetworkErrors().nextDelay(1, timeout), null);
  assertEquals(policy.handle(TimeoutError).nextDelay(1, timeout), 5);
  assertEquals(policy.handle(TypeError, TimeoutError).nextDelay(1, timeout), 5);
  assertEquals(policy.handleWhen(() => true).nextDelay(1, timeout), 5);
  assertEquals(policy.nextDelay(1, new TaskCancelledError("another task's")), 5);
});

Deno.test("handleWhen() takes precedence over later filters, too", () => {
  const policy = linearRetry(1, 5).handleWhen((error) => error === down);
  const later = [
    policy.handle(TypeError),
    policy.doNotHandle(Error),
    policy.handleWhen(() => true),
  ];
  const delays = later.map((each) =>
    [down, new TypeError()].map((error) => each.nextDelay(1, error))
  );
  assertEquals(delays, [[5, null], [5, null], [5, 5]]);
});

Deno.test("nextDelay() rejects an attempt that is not a positive integer", () => {
  for (const attempt of [0, -1, 1.5, NaN, "1"]) {
    assertThrows(
      () => linearRetry(1, 5).nextDelay(attempt as number, down),
      InvalidArgumentError,
      "attempt",
    );
  }
});

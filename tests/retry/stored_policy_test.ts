// Tests retry policies that are stored with a task and read back.

import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  exponentialRetry,
  InvalidArgumentError,
  linearRetry,
  noRetry,
  type RetryPolicy,
  TimeoutError,
} from "../../mod.ts";
import { fromStoredPolicy, toStoredPolicy } from "../../src/retry/stored_policy.ts";

const down = new Error("down");
const refused = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
const deadlock = Object.assign(new Error("deadlock"), { code: "40P01" });
const errors = [down, refused, deadlock, new TimeoutError(5)];

/** Returns the decisions of a policy for each error and attempt. */
function answers(policy: RetryPolicy): unknown[] {
  return errors.flatMap((error) =>
    [1, 2, 3, 4, 5].map((attempt) => policy.nextDelay(attempt, error, () => 0.3))
  );
}

const retries = fc.nat(4);
const duration = fc.nat(100_000);
const rule = fc.oneof(
  fc.tuple(retries, fc.oneof(duration, fc.array(duration, { minLength: 1 }))).map(([n, delays]) =>
    linearRetry(n, delays)
  ),
  fc.record({
    retries,
    base: duration,
    factor: fc.double({ min: 1, max: 10, noNaN: true }),
    max: duration,
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  }).map(exponentialRetry),
);
const filtered = fc.tuple(rule, fc.subarray(["network", "database", "timeouts"])).map(
  ([policy, names]) =>
    names.reduce((policy, name) => {
      if (name === "timeouts") return policy.handle(TimeoutError);
      return name === "network"
        ? policy.handleTransientNetworkErrors()
        : policy.handleTransientDatabaseErrors();
    }, policy),
);

Deno.test("a policy that is read back decides as the original", () => {
  fc.assert(fc.property(filtered, (policy) => {
    const text = toStoredPolicy(policy, "retry");
    const again = fromStoredPolicy(text);
    assertEquals(answers(again), answers(policy));
    assertEquals(JSON.stringify(again), text);
  }));
  assertEquals(toStoredPolicy(noRetry(), "retry"), '{"kind":"none"}');
  assertEquals(fromStoredPolicy('{"kind":"none"}').nextDelay(1, down), null);
});

Deno.test("stored policies have the documented form", () => {
  assertEquals(
    toStoredPolicy(linearRetry(3, [{ seconds: 1 }, { minutes: 1 }]), "retry"),
    '{"kind":"linear","retries":3,"delaysMs":[1000,60000]}',
  );
  const policy = exponentialRetry({ retries: 5, max: { minutes: 1 } })
    .handleTransientNetworkErrors()
    .handle(TimeoutError);
  assertEquals(JSON.parse(toStoredPolicy(policy, "retry")), {
    kind: "exponential",
    retries: 5,
    baseMs: 1000,
    factor: 2,
    maxMs: 60_000,
    jitter: 0.5,
    handle: ["transientNetworkErrors", "timeouts"],
  });
});

Deno.test("a policy with functions or classes is rejected, and the error says where such a policy is allowed", () => {
  const linear = linearRetry(3, 5);
  const custom = [
    { nextDelay: () => null },
    linear.handle(TypeError),
    linear.handle(TimeoutError, TypeError),
    linear.doNotHandle(TypeError),
    linear.handleWhen(() => true),
  ];
  for (const policy of custom) {
    const error = assertThrows(
      () => toStoredPolicy(policy as ReturnType<typeof noRetry>, "retry"),
      InvalidArgumentError,
    );
    assert(error.message.includes("on its queue or on createEverTask"), error.message);
  }
  for (const wrong of [3, null, "linear", { toJSON: () => ({ kind: "own" }) }]) {
    assertThrows(() => toStoredPolicy(wrong as never, "retry"), InvalidArgumentError);
  }
});

Deno.test("an invalid stored policy is rejected", () => {
  const texts = [
    "",
    "null",
    "[]",
    '{"kind":"square"}',
    '{"kind":"toString"}',
    '{"kind":"none","retries":3}',
    '{"kind":"linear","retries":3}',
    '{"kind":"linear","retries":-1,"delaysMs":[5]}',
    '{"kind":"linear","retries":3,"delaysMs":[]}',
    '{"kind":"linear","retries":3,"delaysMs":["5"]}',
    '{"kind":"linear","retries":3,"delaysMs":[5],"handle":["all"]}',
    '{"kind":"linear","retries":3,"delaysMs":[5],"handle":"timeouts"}',
    '{"kind":"exponential","retries":3,"factor":0.5}',
  ];
  for (const text of texts) {
    assertThrows(() => fromStoredPolicy(text), InvalidArgumentError, undefined, text);
  }
});

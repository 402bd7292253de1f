import { assertEquals } from "@std/assert";
import { runInNewContext } from "node:vm";
import {
  exponentialRetry,
  isTransientDatabaseError,
  isTransientNetworkError,
  linearRetry,
  TimeoutError,
} from "../../mod.ts";
import { errorChain } from "../../src/thrown/error_chain.ts";
import { isErrorLike, isErrorOf } from "../../src/thrown/reading.ts";
import { hostileValues } from "../support/hostile_values.ts";

Deno.test("a chain contains an error and every error that it wraps, each once", () => {
  const shared = new Error("shared");
  const chain = new AggregateError([
    new Error("a", { cause: shared }),
    Object.assign(new Error("b"), { originalError: shared }),
  ], "many");
  shared.cause = chain;
  const messages = Array.from(errorChain(chain), ({ message }) => message);
  assertEquals(messages, ["many", "a", "shared", "b"]);
});

Deno.test("a chain contains errors down to ten levels below the first one", () => {
  let innermost = new Error("11");
  for (let depth = 10; depth >= 0; depth--) {
    innermost = new Error(String(depth), { cause: innermost });
  }
  const found = Array.from(errorChain(innermost), ({ message }) => Number(message));
  assertEquals(found, Array.from({ length: 11 }, (_, depth) => depth));
});

Deno.test("a chain is bounded for any number of errors", () => {
  const all = Array.from({ length: 5_000 }, () => new Error("x"));
  assertEquals([...errorChain(new AggregateError(all))].length, 1_000);
});

for (const [name, make] of Object.entries(hostileValues)) {
  Deno.test(`functions that recognise errors never throw: ${name}`, () => {
    const wrapped = new AggregateError([make()], "", { cause: make() });
    for (const thrown of [make(), wrapped]) {
      assertEquals(isTransientDatabaseError(thrown), false);
      assertEquals(isTransientNetworkError(thrown), false);
      assertEquals(typeof isErrorLike(thrown), "boolean");
      const policies = [
        linearRetry(1, 5),
        exponentialRetry({ retries: 1, base: 5, jitter: 0 }).doNotHandle(SyntaxError),
        linearRetry(1, 5).handle(TimeoutError).handleTransientNetworkErrors(),
        linearRetry(1, 5).handleTransientDatabaseErrors(),
      ];
      const delays = policies.map((policy) => policy.nextDelay(1, thrown));
      assertEquals(delays, [5, 5, null, null]);
    }
  });
}

Deno.test("errors of another realm match the language's own classes by name", () => {
  const foreign = runInNewContext("new RangeError('too far')");
  assertEquals(foreign instanceof Error, false);
  const matches = [Error, RangeError, TypeError, EvalError].map((type) => isErrorOf(foreign, type));
  assertEquals(matches, [true, true, false, false]);
  assertEquals(linearRetry(1, 5).handle(RangeError).nextDelay(1, foreign), 5);
  assertEquals(linearRetry(1, 5).doNotHandle(RangeError).nextDelay(1, foreign), null);
});

Deno.test("an application's class is matched only by instanceof", () => {
  class RangeError extends Error {}
  const foreign = runInNewContext("new RangeError('too far')");
  assertEquals(isErrorOf(foreign, RangeError), false);
  assertEquals(isErrorOf(new RangeError(), RangeError), true);
  class Moody {
    static [Symbol.hasInstance](): boolean {
      throw new Error("not today");
    }
  }
  assertEquals(isErrorOf(new Error(), Moody), false);
});

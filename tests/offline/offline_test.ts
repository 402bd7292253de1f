// The substitutes must fail where the real packages fail, because an assertion that never fails
// would make every test worthless. These tests run against the packages or their substitutes,
// whichever are in use.

import {
  assert,
  assertAlmostEquals,
  assertArrayIncludes,
  assertEquals,
  assertExists,
  assertFalse,
  assertGreater,
  assertGreaterOrEqual,
  assertInstanceOf,
  assertIsError,
  assertLess,
  assertLessOrEqual,
  assertMatch,
  assertNotEquals,
  assertNotMatch,
  assertNotStrictEquals,
  assertObjectMatch,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
  fail,
  unreachable,
} from "@std/assert";
import { abortable, deadline, delay, pooledMap } from "@std/async";

/** Reports whether `assertion` throws, without the functions under test. */
function fails(assertion: () => unknown): boolean {
  try {
    assertion();
    return false;
  } catch {
    return true;
  }
}

const text: unknown = "text";
const failing: Record<string, () => unknown> = {
  assert: () => assert(0),
  assertFalse: () => assertFalse(1),
  assertEquals: () => assertEquals({ a: [1, { b: 2 }] }, { a: [1, { b: 3 }] }),
  assertNotEquals: () => assertNotEquals({ a: [1] }, { a: [1] }),
  assertStrictEquals: () => assertStrictEquals<unknown>({}, {}),
  assertNotStrictEquals: () => assertNotStrictEquals(1, 1),
  assertExists: () => assertExists(null),
  assertInstanceOf: () => assertInstanceOf(text, Error),
  assertIsError: () => assertIsError(new Error("one"), Error, "two"),
  assertMatch: () => assertMatch("abc", /d/),
  assertNotMatch: () => assertNotMatch("abc", /b/),
  assertStringIncludes: () => assertStringIncludes("abc", "d"),
  assertArrayIncludes: () => assertArrayIncludes([{ a: 1 }], [{ a: 2 }]),
  "assertObjectMatch on a value": () => assertObjectMatch({ a: { b: 1 } }, { a: { b: 2 } }),
  "assertObjectMatch on a missing key": () => assertObjectMatch({}, { a: 1 }),
  assertGreater: () => assertGreater(1, 1),
  assertGreaterOrEqual: () => assertGreaterOrEqual(1, 2),
  assertLess: () => assertLess(1, 1),
  assertLessOrEqual: () => assertLessOrEqual(2, 1),
  assertAlmostEquals: () => assertAlmostEquals(1, 1.1),
  "assertThrows when nothing is thrown": () => assertThrows(() => {}),
  "assertThrows on another class": () =>
    assertThrows(() => {
      throw new Error("e");
    }, TypeError),
  "assertThrows on another message": () =>
    assertThrows(
      () => {
        throw new Error("e");
      },
      Error,
      "f",
    ),
  fail: () => fail("as asked"),
  unreachable: () => unreachable(),
};

for (const [name, assertion] of Object.entries(failing)) {
  Deno.test(`a false assertion fails: ${name}`, () => {
    if (!fails(assertion)) throw new Error(`${name} did not fail`);
  });
}

Deno.test("true assertions pass, and narrow the type", () => {
  assertEquals({ a: [1, new Date(0), new Map([[1, 2]])] }, {
    a: [1, new Date(0), new Map([[1, 2]])],
  });
  assertNotEquals<unknown>({ a: 1 }, { a: "1" });
  assertObjectMatch({ a: { b: 1, c: 2 }, d: [1] }, { a: { b: 1 }, d: [1] });
  assertAlmostEquals(0.1 + 0.2, 0.3);
  assertArrayIncludes([1, 2, 3], [2]);
  const value: string | undefined = ["text"].at(0);
  assertExists(value);
  value.length;
  const error: unknown = new TypeError("wrong");
  assertIsError(error, TypeError, /wr/);
  error.message.length;
});

Deno.test("assertThrows and assertRejects return the error, typed", async () => {
  const thrown = assertThrows(
    () => {
      throw new RangeError("far");
    },
    RangeError,
    "far",
  );
  assertEquals(thrown.message, "far");
  const rejected = await assertRejects(() => Promise.reject(new RangeError("far")), RangeError);
  assertEquals(rejected.message, "far");
});

Deno.test("assertRejects fails if the function resolves, throws, or rejects with another error", async () => {
  await assertRejects(() => assertRejects(() => Promise.resolve()));
  await assertRejects(() => assertRejects(() => Promise.reject(new Error("e")), TypeError));
  await assertRejects(() => assertRejects(() => Promise.reject(new Error("e")), Error, "f"));
  await assertRejects(() =>
    assertRejects(() => {
      throw new Error("thrown at once, not rejected");
    })
  );
});

Deno.test("delay waits, and ends early with the reason of its signal", async () => {
  const start = performance.now();
  await delay(20);
  assertGreaterOrEqual(performance.now() - start, 18);

  const controller = new AbortController();
  const waiting = delay(60_000, { signal: controller.signal });
  controller.abort(new RangeError("enough"));
  await assertRejects(() => waiting, RangeError, "enough");
});

Deno.test("deadline resolves to the result, or rejects with a TimeoutError", async () => {
  assertEquals(await deadline(Promise.resolve(1), 60_000), 1);
  const error = await assertRejects(() => deadline(new Promise(() => {}), 5), DOMException);
  assertEquals(error.name, "TimeoutError");
});

Deno.test("abortable is rejected with the reason of its signal", async () => {
  const signal = AbortSignal.abort(new RangeError("enough"));
  await assertRejects(() => abortable(new Promise(() => {}), signal), RangeError, "enough");
});

Deno.test("pooledMap keeps the order and the limit", async () => {
  let running = 0;
  let most = 0;
  const results = pooledMap(2, [5, 1, 3, 1], async (ms) => {
    most = Math.max(most, ++running);
    await delay(ms);
    running--;
    return ms;
  });
  assertEquals(await Array.fromAsync(results), [5, 1, 3, 1]);
  assertEquals(most, 2);
});

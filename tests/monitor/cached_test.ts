// Caching the answers of a slow or failing source.

import { assertEquals, assertRejects } from "@std/assert";
import { cached } from "../../src/monitor/cached.ts";
import { FakeClock } from "../../src/testing/mod.ts";

/** Makes a cached source. The test sets the delay and the error of its answers. */
function question(restFactor = 0) {
  const clock = new FakeClock();
  let asked = 0;
  let takesMs = 0;
  let error: Error | null = null;
  const ask = cached(
    () => {
      asked++;
      return new Promise<number>((resolve, reject) => {
        const number = asked;
        const answer = () => error === null ? resolve(number) : reject(error);
        if (takesMs === 0) answer();
        else clock.setTimer(answer, takesMs);
      });
    },
    { ageMs: 1_000, restFactor, timeoutMs: 5_000 },
    clock,
  );
  return {
    ask,
    pass: (ms: number) => clock.advance(ms),
    take: (ms: number) => takesMs = ms,
    fail: (reason: Error | null) => error = reason,
    asked: () => asked,
    timers: () => clock.timerCount,
  };
}

Deno.test("an answer is cached for ageMs, and concurrent callers share it", async () => {
  const { ask, pass } = question();
  assertEquals(await Promise.all([ask(), ask()]), [1, 1]);
  await pass(999);
  assertEquals(await ask(), 1);
  await pass(1);
  assertEquals(await ask(), 2);
});

Deno.test("with a restFactor, a slow answer is cached longer", async () => {
  const { ask, pass, take } = question(49);
  take(200);
  const first = ask();
  await pass(200);
  assertEquals(await first, 1);
  await pass(49 * 200 - 1);
  assertEquals(await ask(), 1);
  await pass(1);
  const second = ask();
  await pass(200);
  assertEquals(await second, 2);
});

Deno.test("a failure is passed on and not kept", async () => {
  const { ask, fail } = question(49);
  fail(new Error("out of reach"));
  await assertRejects(ask, Error, "out of reach");
  fail(null);
  assertEquals(await ask(), 2);
});

Deno.test("no call waits longer than the timeout, and a later answer serves the next call", async () => {
  const { ask, pass, take, asked } = question();
  take(10_000);
  const early = assertRejects(ask, Error, "no answer within 5000 ms");
  await pass(3_000);
  const late = assertRejects(ask, Error, "no answer within 5000 ms");
  await pass(2_000);
  await early;
  await pass(3_000);
  await late;
  await pass(2_000);
  assertEquals(await ask(), 1);
  assertEquals(asked(), 1);
});

Deno.test("an unanswered query is repeated after three times the timeout", async () => {
  const { ask, pass, take, asked } = question();
  take(Infinity);
  for (let times = 0; times < 3; times++) {
    const vain = assertRejects(ask);
    await pass(5_000);
    await vain;
  }
  assertEquals(asked(), 1);
  take(0);
  assertEquals(await ask(), 2);
});

Deno.test("an answer in time leaves no timer behind", async () => {
  const { ask, timers } = question();
  assertEquals(await ask(), 1);
  assertEquals(timers(), 0);
});

for (const [what, error] of [["an answer", null], ["a failure", new Error("late")]] as const) {
  Deno.test(`${what} that comes after the query was repeated changes nothing`, async () => {
    const { ask, pass, take, fail, asked } = question();
    take(17_000);
    const vain = assertRejects(ask);
    await pass(15_000);
    await vain;
    take(0);
    assertEquals(await ask(), 2);
    await pass(900);
    assertEquals(await ask(), 2);
    fail(error);
    take(20_000);
    await pass(100); // the second answer has expired
    const third = assertRejects(ask);
    await pass(1_000); // the first query answers or fails
    await pass(4_000);
    await third;
    const waiting = assertRejects(ask);
    await pass(5_000);
    await waiting;
    assertEquals(asked(), 3, "the third query still waits for its answer");
  });
}

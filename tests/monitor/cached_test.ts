// How long an answer serves.

import { assertEquals, assertRejects } from "@std/assert";
import { cached } from "../../src/monitor/cached.ts";
import { FakeClock } from "../../src/testing/mod.ts";

/** Something to ask, which answers when a test says so. */
function question(restFactor?: number) {
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
    1_000,
    clock,
    restFactor,
  );
  return {
    ask,
    pass: (ms: number) => clock.advance(ms),
    take: (ms: number) => takesMs = ms,
    fail: (reason: Error | null) => error = reason,
  };
}

Deno.test("an answer serves for its time, and all who ask meanwhile", async () => {
  const { ask, pass } = question();
  assertEquals(await Promise.all([ask(), ask()]), [1, 1]);
  await pass(999);
  assertEquals(await ask(), 1);
  await pass(1);
  assertEquals(await ask(), 2);
});

Deno.test("an answer that was long in coming serves longer, where it is asked sparingly", async () => {
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

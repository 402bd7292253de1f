// Tests calls in the async context in which an instance was made: they run in order, and a
// cancelled call does not run.

import { assertEquals, assertRejects } from "@std/assert";
import { HomeContext } from "../../src/time/home_context.ts";

Deno.test("calls run in the order of their requests, also if a call requests another one", async () => {
  const home = new HomeContext();
  const made: number[] = [];
  const ask = (n: number, then = () => {}) =>
    home.run(() => {
      made.push(n);
      then();
    });
  ask(1, () => ask(4, () => ask(6)));
  ask(2);
  ask(3, () => ask(5));
  assertEquals(made, [], "never on the caller's stack");
  await home.call(() => {});
  await home.call(() => {});
  await home.call(() => {});
  assertEquals(made, [1, 2, 3, 4, 5, 6]);
});

Deno.test("a call resolves to the function's result, and rejects with its error", async () => {
  const home = new HomeContext();
  assertEquals(await home.call(() => Promise.resolve(7)), 7);
  await assertRejects(
    () =>
      home.call(() => {
        throw new Error("failed");
      }),
    Error,
    "failed",
  );
});

Deno.test("a timer that is cancelled after it fired, but before its call, does not call back", async () => {
  const home = new HomeContext();
  const timers: (() => void)[] = [];
  const clock = home.clock({
    now: () => 0,
    monotonic: () => 0,
    setTimer(callback) {
      timers.push(callback);
      return () => {};
    },
  });
  const called: string[] = [];
  const cancel = clock.setTimer(() => called.push("called off"), 1);
  clock.setTimer(() => called.push("in time"), 1);
  for (const fire of timers) fire();
  cancel();
  await home.call(() => {});
  assertEquals(called, ["in time"]);
});

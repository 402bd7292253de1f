// When storage is asked for tasks that it holds as the worker's and that the worker does not know
// of.

import { assertEquals, assertRejects } from "@std/assert";
import { FakeClock } from "../../../src/testing/mod.ts";
import { Doubt } from "../../../src/worker/claim/doubt.ts";

/** A doubt that is settled whenever it is time, and the minutes at which storage was asked. */
function settling(clock: FakeClock, answer: () => Promise<void> = () => Promise.resolve()) {
  const asked: number[] = [];
  const doubt = new Doubt({
    clock,
    giveBackUnknown() {
      asked.push(clock.monotonic() / 60_000);
      return answer();
    },
    onDoubt: () => void doubt.settle("worker").catch(() => {}),
  });
  return { doubt, asked };
}

const pauses = [0.25, 0.5, 1, 2, 4, 8, 16, 32];

/** The minutes at which storage is asked after a doubt that is raised at one. */
function asksFrom(minute: number): number[] {
  const asks = [minute];
  for (const pause of pauses) asks.push(asks.at(-1)! + pause);
  return asks;
}

Deno.test("a doubt has storage asked at once, and then after pauses that double up to 32 minutes", async () => {
  const clock = new FakeClock();
  const { doubt, asked } = settling(clock);
  doubt.raise();
  await clock.advance(5 * 3_600_000);
  assertEquals(asked, asksFrom(0));
  assertEquals(clock.timerCount, 0);
});

Deno.test("a doubt that is raised again begins with its first pause", async () => {
  const clock = new FakeClock();
  const { doubt, asked } = settling(clock);
  doubt.raise();
  await clock.advance(20 * 60_000);
  const before = asked.splice(0).length;
  doubt.raise();
  await clock.advance(5 * 3_600_000);
  assertEquals([before, asked], [7, asksFrom(20)]);
});

Deno.test("a doubt stays open while storage does not answer, and nothing is asked without one", async () => {
  const clock = new FakeClock();
  let fails = true;
  const { doubt, asked } = settling(
    clock,
    () => fails ? Promise.reject(new Error("gone")) : Promise.resolve(),
  );
  await doubt.settle("worker");
  assertEquals(asked, []);
  doubt.raise();
  await clock.advance(60_000);
  assertEquals(asked, [0]);
  await assertRejects(() => doubt.settle("worker"), Error, "gone");
  fails = false;
  await doubt.settle("worker");
  await doubt.settle("worker");
  assertEquals(asked, [0, 1, 1]);
  doubt.stop();
  assertEquals(clock.timerCount, 0);
});

// Tests when storage is queried for claims that the worker does not know of.

import { assertEquals, assertRejects } from "@std/assert";
import { FakeClock } from "../../../src/testing/mod.ts";
import { UnknownClaims } from "../../../src/worker/claim/unknown_claims.ts";

/** Queries storage whenever a query is due, and records the minute of each query in `asked`. */
function settling(clock: FakeClock, answer: () => Promise<void> = () => Promise.resolve()) {
  const asked: number[] = [];
  const unknownClaims = new UnknownClaims({
    clock,
    giveBackUnknown() {
      asked.push(clock.monotonic() / 60_000);
      return answer();
    },
    onSuspected: () => void unknownClaims.settle("worker").catch(() => {}),
  });
  return { unknownClaims, asked };
}

const pauses = [0.25, 0.5, 1, 2, 4, 8, 16, 32];

/** The minutes of the queries after a suspicion at a given minute. */
function asksFrom(minute: number): number[] {
  const asks = [minute];
  for (const pause of pauses) asks.push(asks.at(-1)! + pause);
  return asks;
}

Deno.test("after a suspicion, storage is queried at once, and then after pauses that double up to 32 minutes", async () => {
  const clock = new FakeClock();
  const { unknownClaims, asked } = settling(clock);
  unknownClaims.suspect();
  await clock.advance(5 * 3_600_000);
  assertEquals(asked, asksFrom(0));
  assertEquals(clock.timerCount, 0);
});

Deno.test("after a new suspicion, the pauses start again at the shortest", async () => {
  const clock = new FakeClock();
  const { unknownClaims, asked } = settling(clock);
  unknownClaims.suspect();
  await clock.advance(20 * 60_000);
  const before = asked.splice(0).length;
  unknownClaims.suspect();
  await clock.advance(5 * 3_600_000);
  assertEquals([before, asked], [7, asksFrom(20)]);
});

Deno.test("a suspicion stays while storage does not answer, and without a suspicion there are no queries", async () => {
  const clock = new FakeClock();
  let fails = true;
  const { unknownClaims, asked } = settling(
    clock,
    () => fails ? Promise.reject(new Error("gone")) : Promise.resolve(),
  );
  await unknownClaims.settle("worker");
  assertEquals(asked, []);
  unknownClaims.suspect();
  await clock.advance(60_000);
  assertEquals(asked, [0]);
  await assertRejects(() => unknownClaims.settle("worker"), Error, "gone");
  fails = false;
  await unknownClaims.settle("worker");
  await unknownClaims.settle("worker");
  assertEquals(asked, [0, 1, 1]);
  unknownClaims.stop();
  assertEquals(clock.timerCount, 0);
});

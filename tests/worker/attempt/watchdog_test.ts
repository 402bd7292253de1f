// Tests the callbacks for running jobs: one after 100 ms, and one at a job's deadline.

import { assertEquals } from "@std/assert";
import { defineTask } from "../../../mod.ts";
import { FakeClock } from "../../../src/testing/mod.ts";
import { Job } from "../../../src/worker/job.ts";
import { Watchdog } from "../../../src/worker/attempt/watchdog.ts";
import { claimedTask } from "../../support/claimed_task.ts";

function scene() {
  const clock = new FakeClock();
  const told: [what: string, id: string, at: number][] = [];
  const note = (what: string) => (job: Job) => {
    told.push([what, job.task.id, clock.monotonic()]);
    // Ends the test even if the watchdog repeats its callbacks without end.
    if (told.length > 10) watchdog.remove(job);
  };
  const watchdog = new Watchdog(clock, {
    onLongRunning: note("long"),
    onDeadline: note("deadline"),
  });
  const definition = defineTask<null>({ type: "work", handle() {} });
  const start = (id: string): Job => {
    const job = new Job(claimedTask({ id }), definition, "worker", null);
    job.attempt.restart(clock.monotonic());
    watchdog.add(job);
    return job;
  };
  return { clock, told, watchdog, start };
}

Deno.test("a job is reported once after 100 ms, and once at its deadline, unless the deadline moves", async () => {
  const { clock, told, watchdog, start } = scene();
  const first = start("first");
  watchdog.setDeadline(first, 250);
  await clock.advance(50);
  const second = start("second");
  watchdog.setDeadline(second, 200);
  await clock.advance(80);
  watchdog.setDeadline(second, 400);
  await clock.advance(1_000);
  assertEquals(told, [
    ["long", "first", 100],
    ["long", "second", 150],
    ["deadline", "first", 250],
    ["deadline", "second", 400],
  ]);
  watchdog.setDeadline(first, clock.monotonic() + 10);
  await clock.advance(10);
  assertEquals(told.at(-1), ["deadline", "first", 1_140]);
});

Deno.test("an ended job is not reported, and a stopped watchdog reports nothing", async () => {
  const { clock, told, watchdog, start } = scene();
  const ended = start("ended");
  watchdog.setDeadline(ended, 200);
  watchdog.remove(ended);
  await clock.advance(1_000);
  start("other");
  watchdog.stop();
  await clock.advance(1_000);
  assertEquals([told, clock.timerCount], [[], 0]);
});

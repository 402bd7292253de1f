// Tests the waiting jobs of a queue in one process: their order, and their admission.

import { assertEquals } from "@std/assert";
import { defineTask } from "../../../mod.ts";
import { Job } from "../../../src/worker/job.ts";
import { LocalQueue } from "../../../src/worker/claim/local_queue.ts";
import { QueueRunner } from "../../../src/worker/claim/queue_runner.ts";
import type { QueueSettings } from "../../../src/task/queue_settings.ts";
import { claimedTask } from "../../support/claimed_task.ts";

const settings: QueueSettings = {
  name: "default",
  parallelism: 2,
  capacity: 8,
  whenFull: "store",
  timeoutMs: undefined,
  retry: undefined,
};

const definition = defineTask<null>({ type: "work", handle() {} });

function job(id: string, priority = 0): Job {
  return new Job(claimedTask({ id, priority }), definition, "worker", null);
}

/** Makes the runner know that storage holds no more due tasks. */
function emptyStore({ backlog }: QueueRunner): void {
  backlog.claimSent(1);
  backlog.claimAnswered(1, 0);
}

const idOf = (job: Job | undefined) => job?.task.id;

Deno.test("jobs that have passed their rate limits run before waiting jobs", () => {
  const runner = new QueueRunner(settings);
  runner.push(job("first", 5));
  runner.pushReady(job("ready"));
  assertEquals([idOf(runner.takeNext()), idOf(runner.takeNext())], ["ready", "first"]);
  assertEquals([idOf(runner.takeNext()), runner.running, runner.hasNext], [undefined, 2, false]);
});

Deno.test("while storage may hold more due tasks, dispatches may reserve only half of the places", () => {
  for (const [mayHaveMore, places] of [[true, 2], [false, 4]] as const) {
    const runner = new QueueRunner(settings);
    if (!mayHaveMore) emptyStore(runner);
    const kept = Array.from({ length: 8 }, () => runner.reserve(0)).filter(Boolean).length;
    assertEquals(kept, places, `mayHaveMore is ${mayHaveMore}`);
  }
});

Deno.test("a queue with back pressure keeps a tenth of its places for tasks in storage", () => {
  const cases: [capacity: number, mayHaveMore: boolean, places: number][] = [
    [1, true, 1],
    [2, true, 1],
    [10, true, 9],
    [11, true, 9],
    [10, false, 10],
  ];
  for (const [capacity, mayHaveMore, places] of cases) {
    const runner = new QueueRunner({ ...settings, parallelism: 1, capacity, whenFull: "throw" });
    if (!mayHaveMore) emptyStore(runner);
    let kept = 0;
    while (!runner.isFull && runner.reserve(0)) kept++;
    assertEquals([kept, runner.claimable(0)], [places, capacity - places], `of ${capacity}`);
  }
});

Deno.test("shiftIf() removes the next job of a queue only if it matches, and does not search further", () => {
  const queue = new LocalQueue();
  for (const [id, priority] of [["low", 0], ["urgent", 5], ["low too", 0]] as const) {
    queue.push(job(id, priority));
  }
  assertEquals(idOf(queue.shiftIf(({ task }) => task.priority === 0)), undefined);
  assertEquals(idOf(queue.shiftIf(({ task }) => task.priority === 5)), "urgent");
  assertEquals([idOf(queue.shiftIf(() => true)), queue.length], ["low", 1]);
});

Deno.test("a queue of hundreds of jobs keeps its order and its length, also when jobs are removed", () => {
  const queue = new LocalQueue();
  const seen: (string | undefined)[] = [];
  for (let n = 0; n < 300; n++) {
    queue.push(job(String(n)));
    if (n % 3 === 2) seen.push(idOf(queue.shift()));
  }
  const removed = queue.removeWhere(({ task }) => Number(task.id) % 2 === 1);
  assertEquals([seen.length, removed.length, queue.length], [100, 100, 100]);
  while (queue.length > 0) seen.push(idOf(queue.shift()));
  const expected = Array.from({ length: 300 }, (_, n) => n).filter((n) => n < 100 || n % 2 === 0);
  assertEquals(seen.map(Number), expected);
});

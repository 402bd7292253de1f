import { assertEquals } from "@std/assert";
import { type AnyTask, createEverTask, defineTask, linearRetry } from "../../mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { FakeClock } from "../../src/testing/mod.ts";

/** Starts an engine that shares a fake clock with its storage. */
async function startOnFakeTime(tasks: readonly AnyTask[]) {
  const clock = new FakeClock("2026-03-01T10:00:00Z");
  const everTask = createEverTask({ storage: memoryStorage({ clock }), clock, tasks });
  await everTask.start();
  return { clock, everTask };
}

Deno.test("an engine on a fake clock runs delayed tasks when they are due", async () => {
  const runs: string[] = [];
  const task = defineTask<string>({ type: "note", handle: (text) => void runs.push(text) });
  const { clock, everTask } = await startOnFakeTime([task]);
  await using _ = everTask;
  const { id } = await everTask.dispatch(task, "later", { delay: { hours: 1 } });
  await clock.advance(3_599_999);
  assertEquals(runs, []);
  await clock.advance(1);
  assertEquals([runs, (await everTask.get(id))!.status], [["later"], "Completed"]);
});

Deno.test("a series on a fake clock has all of its runs, each on time", async () => {
  const runs: number[] = [];
  const tick = defineTask<null>({ type: "tick", handle: () => void runs.push(clock.now()) });
  const { clock, everTask } = await startOnFakeTime([tick]);
  await using _ = everTask;
  const start = clock.now();
  await everTask.dispatch(tick, null, { recurring: (r) => r.every(1).minutes() });
  await clock.advance(100 * 60_000);
  assertEquals(runs, Array.from({ length: 100 }, (_, i) => start + (i + 1) * 60_000));
});

Deno.test("retries on a fake clock come after exactly their delays", async () => {
  const runs: number[] = [];
  const flaky = defineTask<null>({
    type: "flaky",
    retry: linearRetry(3, [1000, 10_000, 100_000]),
    handle() {
      runs.push(clock.monotonic());
      throw new Error("down");
    },
  });
  const { clock, everTask } = await startOnFakeTime([flaky]);
  await using _ = everTask;
  await everTask.dispatch(flaky, null);
  await clock.advance(200_000);
  assertEquals(runs, [0, 1000, 11_000, 111_000]);
});

Deno.test("a chain of tasks takes no time on a fake clock", async () => {
  const runs: number[] = [];
  const chain = defineTask<number>({
    type: "chain",
    async handle(length, { dispatch }) {
      runs.push(clock.monotonic());
      if (length > 1) await dispatch(chain, length - 1);
    },
  });
  const { clock, everTask } = await startOnFakeTime([chain]);
  await using _ = everTask;
  await everTask.dispatch(chain, 200, { delay: 1000 });
  await clock.advance(60_000);
  assertEquals(runs, Array.from({ length: 200 }, () => 1000));
  assertEquals((await everTask.statistics()).tasksByStatus.Completed, 200);
});

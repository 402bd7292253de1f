// `everTask.queues.list` counts the waiting and the claimed tasks of each queue. It reads all tasks
// only if workers hold more than one call counts. `backlog` counts up to a cap.

import { assertEquals, assertRejects } from "@std/assert";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { createEverTask, defineTask, InvalidArgumentError } from "../../mod.ts";
import { gate } from "../support/fleet.ts";

for (const areMany of [false, true]) {
  const title = areMany
    ? "more held tasks than one call counts are counted with all tasks"
    : "queues are listed without reading all tasks";
  Deno.test(title, async () => {
    const [started, release] = [gate(), gate()];
    const task = defineTask<null>({
      type: "work",
      async handle() {
        started.open();
        await release.opened;
      },
    });
    const storage = memoryStorage();
    const statistics = storage.statistics.bind(storage);
    const heldTasks = storage.heldTasks.bind(storage);
    let reads = 0;
    storage.statistics = () => (reads++, statistics());
    storage.heldTasks = async () => areMany ? null : await heldTasks();
    const everTask = createEverTask({
      storage,
      tasks: [task],
      queues: { narrow: { parallelism: 1 } },
    });
    await everTask.start();
    await everTask.dispatch(task, null, { queue: "narrow" });
    await everTask.dispatch(task, null, { delay: { hours: 1 } });
    await everTask.queues.pause("recurring");
    await started.opened;
    const listed = (await everTask.queues.list()).map(
      ({ queue, paused, due, scheduled, claimed }) => [queue, paused, due, scheduled, claimed],
    );
    assertEquals(listed.sort(), [
      ["default", false, 0, 1, 0],
      ["narrow", false, 0, 0, 1],
      ["recurring", true, 0, 0, 0],
    ]);
    assertEquals(reads, areMany ? 1 : 0);
    release.open();
    await everTask.stop();
  });
}

Deno.test("a backlog is counted up to a cap", async () => {
  const task = defineTask<null>({ type: "work", handle() {} });
  const everTask = createEverTask({ storage: memoryStorage(), tasks: [task] });
  for (let count = 0; count < 3; count++) {
    await everTask.dispatch(task, null);
    await everTask.dispatch(task, null, { delay: { hours: 1 } });
  }
  const counted = async (options?: { cap: number }) =>
    (await everTask.queues.backlog(options)).queues.map(({ due, scheduled }) => [due, scheduled]);
  assertEquals(await counted(), [[3, 3]]);
  assertEquals(await counted({ cap: 2 }), [[2, 2]]);
  await assertRejects(() => counted({ cap: 0 }), InvalidArgumentError, "cap");
  await everTask.stop();
});

Deno.test("a queue of another application may be paused while a worker holds its only task", async () => {
  const storage = memoryStorage();
  const everTask = createEverTask({ storage, tasks: [] });
  const heldTasks = storage.heldTasks.bind(storage);
  storage.heldTasks = async () => [
    ...await heldTasks() ?? [],
    { workerId: "lost", queue: "other", count: 1 },
  ];
  await everTask.queues.pause("other");
  await assertRejects(() => everTask.queues.pause("unknown"), InvalidArgumentError, "other");
  await everTask.stop();
});

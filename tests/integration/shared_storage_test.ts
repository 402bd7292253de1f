// Instances of one process that share a storage object, on every store: each is notified of the
// others' changes, and the storage stays open until the last one has stopped.

import { assertEquals, assertRejects } from "@std/assert";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { createEverTask, defineTask, silentLogger, StoppedError } from "../../mod.ts";
import type { Storage } from "../../src/storage/mod.ts";
import { startEngine } from "../support/engine.ts";
import { placeKinds, Places } from "../support/places.ts";

/** A worker and an instance that only dispatches, on one storage object. */
async function useTogether(storage: Storage): Promise<void> {
  const started = Promise.withResolvers<void>();
  const task = defineTask<"end" | "wait">({
    type: "task",
    async handle(what, { signal }) {
      if (what === "end") return;
      started.resolve();
      await new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
      });
    },
  });
  await using worker = await startEngine({ storage, tasks: [task] });
  const feeder = createEverTask({ storage, tasks: [task], logger: silentLogger });

  const { id } = await feeder.dispatch(task, "end");
  assertEquals((await worker.ended(id)).kind, "completed");

  const held = await feeder.dispatch(task, "wait");
  await started.promise;
  assertEquals(await feeder.cancel(held.id), "requested");
  assertEquals((await worker.ended(held.id)).kind, "cancelled");

  await feeder.queues.pause("default");
  const paused = await feeder.dispatch(task, "end");
  await feeder.queues.resume("default");
  assertEquals((await worker.ended(paused.id)).kind, "completed");

  await feeder.stop();
  await assertRejects(() => feeder.dispatch(task, "end"), StoppedError);
  const last = await worker.everTask.dispatch(task, "end");
  assertEquals((await worker.ended(last.id)).kind, "completed");
  assertEquals(worker.complaints, []);
}

Deno.test("instances share a storage object", async (t) => {
  const places = await Places.start();
  try {
    await t.step("memory", () => useTogether(memoryStorage()));
    for (const kind of placeKinds) {
      await t.step(kind, async () => {
        await using place = await places.create(kind);
        await useTogether(place.connect());
      });
    }
  } finally {
    await places.stop();
  }
});

Deno.test("a storage object that one instance closes serves the next one", async () => {
  const storage = memoryStorage();
  const task = defineTask({ type: "task", handle() {} });
  const first = await startEngine({ storage, tasks: [task] });
  const stopping = first.everTask.stop();
  await using next = await startEngine({ storage, tasks: [task] }); // while the first one closes it
  await stopping;
  const { id } = await next.everTask.dispatch(task);
  assertEquals((await next.ended(id)).kind, "completed");
});

// Tests that the number of concurrent writes follows the distance of storage.

import { assertEquals } from "@std/assert";
import { BatchWriter } from "../../src/storage/batching/batch_writer.ts";
import { WriteConcurrency } from "../../src/storage/batching/write_concurrency.ts";
import { FakeClock } from "../../src/testing/mod.ts";

const options = { least: 2, most: 16, msPerWrite: 2 };

const cases: [writes: readonly number[], limit: number][] = [
  [[], 2],
  [[1, 2, 3], 2],
  [[50, 1, 60], 2],
  [[12, 30, 200], 5],
  [[45], 16],
  [[5], 2],
];
for (const [writes, limit] of cases) {
  Deno.test(`after writes of ${writes.join(", ") || "no"} ms, ${limit} may be in progress`, () => {
    const concurrency = new WriteConcurrency(options);
    for (const ms of writes) concurrency.answered(1_000, 1_000 + ms);
    assertEquals(concurrency.limit, limit);
  });
}

Deno.test("a storage that was near once and is far now is found to be far within seconds", () => {
  const concurrency = new WriteConcurrency(options);
  concurrency.answered(0, 1);
  for (let now = 1_000; now <= 11_000; now += 1_000) concurrency.answered(now - 25, now);
  assertEquals(concurrency.limit, 12);
});

/** Adds an item every millisecond to a writer whose storage is `ms` away. */
async function mostAtOnce(ms: number, concurrency: number): Promise<number> {
  const clock = new FakeClock();
  let [now, most] = [0, 0];
  const writer = new BatchWriter<number, null>({
    clock,
    maxBatch: 100,
    concurrency,
    retryForMs: 0,
    async write(items) {
      most = Math.max(most, ++now);
      await new Promise<void>((resolve) => clock.setTimer(resolve, ms));
      now--;
      return items.map(() => null);
    },
  });
  for (let item = 0; item < 300; item++) {
    void writer.add(item);
    await clock.advance(1);
  }
  await clock.advance(1_000);
  await writer.idle();
  return most;
}

Deno.test("dispatches to a far storage do not wait for the writes before, unless their order counts", async () => {
  assertEquals(await mostAtOnce(4, 2), 2);
  assertEquals(await mostAtOnce(25, 2), 12);
  assertEquals(await mostAtOnce(25, 1), 1);
});

import { assert, assertEquals, assertRejects } from "@std/assert";
import { backoffMs } from "../../src/storage/batching/backoff.ts";
import { BatchWriter } from "../../src/storage/batching/batch_writer.ts";
import { StorageError, StorageUnavailableError } from "../../src/storage/errors.ts";
import { FakeClock } from "../../src/testing/fake_clock.ts";
import { systemClock } from "../../src/time/clock.ts";
import { nextMacrotask } from "../../src/time/macrotask.ts";

interface Setup {
  readonly write: (items: readonly number[]) => Promise<readonly number[]>;
  readonly maxBatch?: number;
  readonly concurrency?: number;
  readonly clock?: FakeClock;
}

function writer({ write, maxBatch = 100, concurrency = 1, clock }: Setup) {
  return new BatchWriter<number, number>({
    write,
    maxBatch,
    concurrency,
    clock: clock ?? systemClock,
    retryForMs: 1000,
  });
}

/** Makes a write function whose calls end when the test calls their `release`. */
function heldWrites() {
  const batches: number[][] = [];
  const release: (() => void)[] = [];
  const started: (() => void)[] = [];
  return {
    batches,
    release,
    /** Resolves when the n-th write has begun. */
    async begun(n: number) {
      while (batches.length < n) await new Promise<void>((resolve) => started.push(resolve));
    },
    async write(items: readonly number[]) {
      batches.push([...items]);
      for (const resolve of started.splice(0)) resolve();
      await new Promise<void>((resolve) => release.push(resolve));
      return items.map((item) => item * 10);
    },
  };
}

/** Runs everything that is ready, including the next write. */
function turn(): Promise<void> {
  return new Promise((resolve) => nextMacrotask(() => nextMacrotask(resolve)));
}

Deno.test("BatchWriter writes the items of one turn of the event loop together", async () => {
  const batches: number[][] = [];
  const { add } = bound(writer({
    write: (items) => {
      batches.push([...items]);
      return Promise.resolve(items.map((item) => item * 10));
    },
  }));
  assertEquals(await Promise.all([add(1), add(2), add(3)]), [10, 20, 30]);
  assertEquals(batches, [[1, 2, 3]]);
});

Deno.test("BatchWriter batches the items that arrive during a write, up to its limit", async () => {
  const held = heldWrites();
  const { add } = bound(writer({ write: held.write, maxBatch: 2 }));
  const first = add(1);
  await held.begun(1);
  const rest = [add(2), add(3), add(4)];
  await turn();
  assertEquals(held.batches, [[1]]);
  held.release.shift()!();
  assertEquals(await first, 10);
  await held.begun(2);
  held.release.shift()!();
  await held.begun(3);
  held.release.shift()!();
  assertEquals(await Promise.all(rest), [20, 30, 40]);
  assertEquals(held.batches, [[1], [2, 3], [4]]);
});

Deno.test("BatchWriter retries a write after a transient error, and resolves when it succeeds", async () => {
  const clock = new FakeClock();
  let tries = 0;
  const { add } = bound(writer({
    clock,
    write: (items) => {
      if (++tries < 4) return Promise.reject(new StorageUnavailableError("down"));
      return Promise.resolve(items);
    },
  }));
  const result = add(7);
  for (let turn = 0; turn < 100 && tries < 4; turn++) await clock.advance(20);
  assertEquals(await result, 7);
});

Deno.test("BatchWriter stops retrying a transient error after its time limit", async () => {
  const clock = new FakeClock();
  let tries = 0;
  const { add } = bound(writer({
    clock,
    write: () => {
      tries++;
      return Promise.reject(new StorageUnavailableError("down"));
    },
  }));
  let isSettled = false;
  const results = Promise.allSettled([add(7), add(8)]).finally(() => isSettled = true);
  for (let turn = 0; turn < 100 && !isSettled; turn++) await clock.advance(100);
  assertEquals(isSettled, true);
  for (const result of await results) {
    assert(result.status === "rejected" && result.reason instanceof StorageUnavailableError);
  }
  assertEquals(tries, 6); // at 0, 20, 60, 140, 300 and 620 ms; the next would be at 1260
});

Deno.test("BatchWriter does not retry a write after a permanent error", async () => {
  let tries = 0;
  const { add } = bound(writer({
    write: () => {
      tries++;
      return Promise.reject(new StorageError("refused"));
    },
  }));
  await assertRejects(() => add(7), StorageError, "refused");
  assertEquals(tries, 1);
});

Deno.test("an item that storage rejects does not fail the other items of its batch", async () => {
  const { add } = bound(writer({
    write: (items) =>
      items.includes(13)
        ? Promise.reject(new StorageError("13 is refused"))
        : Promise.resolve(items.map((item) => item * 10)),
  }));
  const results = await Promise.allSettled([add(12), add(13), add(14)]);
  assertEquals(results.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
});

Deno.test("BatchWriter.idle() resolves when nothing is left to write", async () => {
  const held = heldWrites();
  const batching = writer({ write: held.write });
  await batching.idle();
  const result = batching.add(1);
  let isIdle = false;
  const waiting = batching.idle().then(() => isIdle = true);
  await held.begun(1);
  const idle = Promise.all([waiting, batching.idle().then(() => isIdle = true)]);
  await turn();
  assertEquals(isIdle, false);
  held.release.shift()!();
  await idle;
  assertEquals(await result, 10);
});

Deno.test("BatchWriter.idle() waits for the last of the concurrent writes", async () => {
  const held = heldWrites();
  const batching = writer({ write: held.write, maxBatch: 1, concurrency: 2 });
  const results = [batching.add(1), batching.add(2)];
  await held.begun(2);
  let isIdle = false;
  const idle = batching.idle().then(() => isIdle = true);
  held.release.shift()!();
  await results[0];
  await turn();
  assertEquals(isIdle, false);
  held.release.shift()!();
  await idle;
  assertEquals(await Promise.all(results), [10, 20]);
});

Deno.test("pauses between tries double from 20 ms on, up to 2 s", () => {
  const pauses = Array.from({ length: 9 }, (_, index) => backoffMs(index + 1));
  assertEquals(pauses, [20, 40, 80, 160, 320, 640, 1_280, 2_000, 2_000]);
  assertEquals(backoffMs(5_000), 2_000);
});

function bound(batching: BatchWriter<number, number>) {
  return { add: (item: number) => batching.add(item) };
}

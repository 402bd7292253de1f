// Tests that each write to a store has a limited number of rows and a limited amount of text.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { createEverTask, defineTask, noRetry, silentLogger } from "../../mod.ts";
import type { NewLogLine, NewTask, RunEnd, StatusChange, Storage } from "../../src/storage/mod.ts";
import { batchEnd, mostCharacters } from "../../src/storage/batching/batch_size.ts";
import { nextMacrotask } from "../../src/time/macrotask.ts";

Deno.test("batches hold all items in order, and none exceeds the limits, except for a single long item", () => {
  const size = fc.oneof(fc.nat(100), fc.nat(mostCharacters + 10), fc.constant(mostCharacters));
  fc.assert(fc.property(fc.array(size), fc.integer({ min: 1, max: 10 }), (sizes, maxItems) => {
    const batches: number[][] = [];
    for (let from = 0, end; from < sizes.length; from = end) {
      end = batchEnd(sizes, from, maxItems, (size) => size);
      batches.push(sizes.slice(from, end));
    }
    assertEquals(batches.flat(), sizes);
    for (const [index, batch] of batches.entries()) {
      assert(batch.length >= 1 && batch.length <= maxItems);
      const sum = batch.reduce((sum, size) => sum + size, 0);
      assert(batch.length === 1 || sum <= mostCharacters);
      const next = batches[index + 1]?.[0];
      const isFull = next === undefined || batch.length === maxItems || sum + next > mostCharacters;
      assert(isFull, "a batch takes what fits");
    }
  }));
});

Deno.test("the limit of text in a batch is exact to the character", () => {
  const endOf = (sizes: readonly number[]) => batchEnd(sizes, 0, 10, (size) => size);
  assertEquals(endOf([mostCharacters - 1, 1, 1]), 2);
  assertEquals(endOf([mostCharacters, 1]), 1);
  assertEquals(endOf([mostCharacters - 1, 2]), 1);
  assertEquals([endOf([mostCharacters + 1, 1]), endOf([])], [1, 0]);
});

/** A write: the number of rows, and the length of the application's strings in them. */
type Write = readonly [rows: number, characters: number];

const length = (text: string | null) => text?.length ?? 0;
const sum = <T>(rows: readonly T[], sizeOf: (row: T) => number): Write => [
  rows.length,
  rows.reduce((sum, row) => sum + sizeOf(row), 0),
];
const transitionsOf = ({ transitions }: StatusChange | RunEnd) =>
  sum(transitions, (s) => length(s.exception))[1];

/** Measures the first argument of each verb whose contract does not limit the rows. */
const measures: Readonly<Record<string, (rows: readonly never[]) => Write>> = {
  persist: (tasks: readonly NewTask[]) => sum(tasks, ({ payload }) => payload.length),
  setStatusMany: (changes: readonly StatusChange[]) => sum(changes, transitionsOf),
  updateCurrentRunMany: (runs: readonly RunEnd[]) => sum(runs, transitionsOf),
  saveExecutionLogs: (lines: readonly NewLogLine[]) =>
    sum(lines, ({ message, exception }) => length(message) + length(exception)),
};

/**
 * A storage that measures its writes.
 *
 * @param held By verb, a promise that each write awaits. Items that arrive meanwhile join the next
 * write.
 */
function measured(storage: Storage, held: Readonly<Record<string, Promise<void>>> = {}) {
  const writes: Record<string, Write[]> = {};
  const proxy = new Proxy(storage, {
    get(target, verb: string) {
      const member = Reflect.get(target, verb);
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => {
        const write = measures[verb]?.(args[0] as readonly never[]);
        if (write !== undefined) (writes[verb] ??= []).push(write);
        const call = () => Reflect.apply(member, target, args);
        return held[verb] === undefined ? call() : held[verb].then(call);
      };
    },
  });
  return { storage: proxy, writes };
}

function assertBounded(writes: readonly Write[] | undefined, mostRows: number, characters: number) {
  assert(writes !== undefined);
  for (const [rows, size] of writes) {
    assert(rows <= mostRows, `${rows} rows in one write`);
    assert(rows === 1 || size <= mostCharacters, `${size} characters in one write`);
  }
  const all = writes.reduce((sum, [, size]) => sum + size, 0);
  assert(all >= characters, `${all} characters were written`);
}

const text = "x".repeat(25_000);
const count = 400;

Deno.test("single dispatches and dispatchMany() are written in batches of bounded size", async () => {
  const { storage, writes } = measured(memoryStorage());
  const task = defineTask<string>({ type: "task", handle() {} });
  await using everTask = createEverTask({ storage, tasks: [task] });
  const payloads = Array.from({ length: count }, () => text);
  await everTask.dispatchMany(task, [...payloads, "y".repeat(mostCharacters + 1), ...payloads]);
  await Promise.all(payloads.map((payload) => everTask.dispatch(task, payload)));
  assertBounded(writes["persist"], 5_000, 3 * count * text.length + mostCharacters);
  assertEquals((await everTask.statistics()).tasksByStatus.Queued, 3 * count + 1);
});

Deno.test("ends of tasks and log lines are written in batches of bounded size", async () => {
  const { promise: allHandled, resolve: onAllHandled } = Promise.withResolvers<void>();
  const held = { setStatusMany: allHandled, saveExecutionLogs: allHandled };
  const { storage, writes } = measured(memoryStorage(), held);
  let handled = 0;
  const fails = defineTask({
    type: "fails",
    retry: noRetry(),
    handle(_, { log }) {
      for (let line = 0; line < 3; line++) log.info(text);
      if (++handled === count) nextMacrotask(() => nextMacrotask(onAllHandled));
      throw new Error(text);
    },
  });
  const talks = defineTask({
    type: "talks",
    handle(_, { log }) {
      for (let line = 0; line < count; line++) log.info(`${line} ${text}`);
    },
  });
  const everTask = createEverTask({
    storage,
    tasks: [fails, talks],
    logger: silentLogger,
    persistentLogs: true,
    queues: { default: { parallelism: count } },
  });
  await everTask.dispatch(talks);
  await everTask.dispatchMany(fails, Array.from({ length: count }, () => undefined));
  const { promise: allEnded, resolve } = Promise.withResolvers<void>();
  let left = count + 1;
  const ended = () => {
    if (--left === 0) resolve();
  };
  everTask.events.subscribe(ended, { kinds: ["completed", "failed"] });
  await everTask.start();
  await allEnded;
  await everTask.stop();
  assertBounded(writes["setStatusMany"], 1_000, count * text.length);
  assert(
    writes["setStatusMany"]!.some(([, size]) => size > mostCharacters / 2),
    "the ends are written together",
  );
  assertBounded(writes["saveExecutionLogs"], Infinity, 4 * count * text.length);
});

import { assert, assertEquals, assertRejects } from "@std/assert";
import { type AnyTask, defineTask, type Dispatch, linearRetry, noRetry } from "../../mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import {
  assertDispatched,
  createTestEverTask,
  FakeClock,
  runHandler,
  StalledError,
  type TestEverTaskOptions,
} from "../../src/testing/mod.ts";

function inline(tasks: readonly AnyTask[], options: Partial<TestEverTaskOptions> = {}) {
  return createTestEverTask({ storage: memoryStorage(), tasks, mode: "inline", ...options });
}

const error = new RangeError("sold out");
const broken = defineTask<null>({
  type: "broken",
  retry: noRetry(),
  handle() {
    throw error;
  },
});

Deno.test("inline, dispatch resolves after the task and its retries have run", async () => {
  const attempts: number[] = [];
  const flaky = defineTask<null>({
    type: "flaky",
    retry: linearRetry(2, { hours: 1 }),
    handle(_, { attempt }) {
      attempts.push(attempt);
      if (attempt < 3) throw new Error("busy");
    },
  });
  await using everTask = inline([flaky]);
  const { id, outcome } = await everTask.dispatch(flaky, null);
  assertEquals([attempts, outcome], [[1, 2, 3], "created"]);
  assertEquals((await everTask.get(id))!.status, "Completed");
});

Deno.test("inline, dispatchMany runs all tasks", async () => {
  let sum = 0;
  const add = defineTask<number>({ type: "add", handle: (n) => void (sum += n) });
  await using everTask = inline([add]);
  await everTask.dispatchMany(add, Array.from({ length: 300 }, (_, n) => n));
  assertEquals(sum, 44_850);
  assertEquals(await everTask.dispatchMany(add, []), []);
});

Deno.test("inline, dispatch also waits for the tasks that the task dispatches", async () => {
  const notes: string[] = [];
  const child = defineTask<string>({
    type: "child",
    async handle(text) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      notes.push(text);
    },
  });
  const parent = defineTask<null>({
    type: "parent",
    async handle(_, { dispatch }) {
      await everTask.dispatch(child, "by the instance"); // has run when dispatch resolves
      notes.push("the parent continues");
      await dispatch(child, "by the context");
    },
  });
  await using everTask = inline([parent, child]);
  await everTask.dispatch(parent, null);
  assertEquals(notes, ["by the instance", "the parent continues", "by the context"]);
});

Deno.test("inline, concurrent dispatches run concurrently", async () => {
  let running = 0;
  const allRun = Promise.withResolvers<void>();
  const busy = defineTask<null>({
    type: "busy",
    async handle() {
      if (++running === 3) allRun.resolve();
      await allRun.promise;
    },
  });
  await using everTask = inline([busy]);
  await Promise.all([1, 2, 3].map(() => everTask.dispatch(busy, null)));
  assertEquals(running, 3);
});

Deno.test("inline, a failed task's error is thrown by its dispatch, and the task is stored", async () => {
  await using everTask = inline([broken]);
  assert(await assertRejects(() => everTask.dispatch(broken, null), RangeError) === error);
  await assertDispatched(everTask, broken, { status: "Failed" });
  await assertRejects(() => everTask.dispatchMany(broken, [null, null]), RangeError, "sold out");
});

Deno.test("inline, the outermost dispatch throws the error of a failed continuation, unless a handler caught it", async () => {
  const parent = defineTask<"leaves" | "catches">({
    type: "parent",
    async handle(how, { dispatch }) {
      if (how === "leaves") await dispatch(broken, null);
      else await everTask.dispatch(broken, null).catch(() => {});
    },
  });
  await using everTask = inline([broken, parent]);
  await assertRejects(() => everTask.dispatch(parent, "leaves"), RangeError, "sold out");
  await everTask.dispatch(parent, "catches");
  await assertDispatched(everTask, parent, { status: "Completed", count: 2 });
});

Deno.test("inline, retries of a continuation do not wait for their delays", async () => {
  const attempts: number[] = [];
  const flaky = defineTask<null>({
    type: "flaky",
    retry: linearRetry(1, { hours: 1 }),
    handle(_, { attempt }) {
      attempts.push(attempt);
      if (attempt === 1) throw new Error("busy");
    },
  });
  const parent = defineTask<null>({
    type: "parent",
    handle: async (_, { dispatch }) => void await dispatch(flaky, null),
  });
  await using everTask = inline([flaky, parent]);
  await everTask.dispatch(parent, null);
  assertEquals(attempts, [1, 2]);
});

Deno.test("inline, a dispatch does not throw an error of an earlier drain", async () => {
  const clock = new FakeClock();
  const fine = defineTask<null>({ type: "fine", handle() {} });
  await using everTask = inline([broken, fine], { clock, storage: memoryStorage({ clock }) });
  await everTask.dispatch(broken, null, { delay: 1000 });
  assertEquals((await everTask.drain({ advance: 1000 })).failed, 1);
  await everTask.dispatch(fine, null);
});

Deno.test('inline, with failures "record", a dispatch does not throw, and the stored task shows the error', async () => {
  await using everTask = inline([broken], { failures: "record" });
  const { id } = await everTask.dispatch(broken, null);
  const { status, exception } = (await everTask.get(id))!;
  assertEquals([status, exception!.includes("sold out")], ["Failed", true]);
});

Deno.test("inline, a dispatch rejects if its handler waits for a task for which no slot is free", async () => {
  const child = defineTask<null>({ type: "child", handle() {} });
  const parent = defineTask<null>({
    type: "parent",
    retry: noRetry(),
    handle: async () => void await everTask.dispatch(child, null),
  });
  await using everTask = inline([parent, child], {
    queues: { default: { parallelism: 1 } },
    stalledAfter: 50,
  });
  await assertRejects(() => everTask.dispatch(parent, null), StalledError, '"child"');
});

Deno.test("inline, delayed tasks are stored, and drain runs them", async () => {
  const clock = new FakeClock();
  let runs = 0;
  const count = defineTask<null>({ type: "count", handle: () => void runs++ });
  await using everTask = inline([count], { clock, storage: memoryStorage({ clock }) });
  await everTask.dispatch(count, null, { delay: { minutes: 5 } });
  await everTask.dispatch(count, null, { recurring: (r) => r.every(10).minutes() });
  assertEquals([runs, clock.timerCount], [0, 0]);
  await everTask.drain({ advance: { minutes: 30 } });
  assertEquals(runs, 4);
});

Deno.test("inline, a dispatch to a paused queue does not wait for its task", async () => {
  let runs = 0;
  const count = defineTask<null>({ type: "count", handle: () => void runs++ });
  await using everTask = inline([count]);
  await everTask.queues.pause("default");
  await everTask.dispatch(count, null);
  assertEquals(runs, 0);
});

Deno.test("a task without a payload can be dispatched without a second argument", async () => {
  let cleaned = 0;
  const cleanUp = defineTask({ type: "clean-up", handle: () => void cleaned++ });
  const nightly = defineTask({ type: "nightly", handle: (_, { dispatch }) => continued(dispatch) });
  const continued = async (dispatch: Dispatch) => void await dispatch(cleanUp);
  await using everTask = inline([cleanUp, nightly]);
  await everTask.dispatch(cleanUp);
  await everTask.dispatch(nightly);
  assertEquals(cleaned, 2);
  const { outcome, dispatched } = await runHandler(nightly);
  assertEquals([outcome, dispatched.map(({ type }) => type)], ["completed", ["clean-up"]]);
});

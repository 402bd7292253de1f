import { assertEquals, assertRejects } from "@std/assert";
import { z } from "zod";
import {
  createEverTask,
  defineTask,
  linearRetry,
  PayloadValidationError,
  type TaskContext,
} from "../../mod.ts";
import { MemoryDatabase, memoryStorage } from "../../drivers/memory/mod.ts";
import {
  assertDispatched,
  assertNotDispatched,
  DispatchAssertionError,
  drain,
  FakeClock,
  inlineDispatch,
  runTask,
} from "../../src/testing/mod.ts";

const greet = defineTask({
  type: "greet",
  payload: z.object({ name: z.string().trim() }),
  async handle({ name }, context) {
    context.log.warn("Hello {name}", { name });
    if (context.attempt === 1) await context.dispatch(greet, { name: `${name} again` });
    await context.complete(null);
  },
});

Deno.test("runTask() runs a handler with what its validator makes of the payload, and tells what it did", async () => {
  const run = await runTask(greet, { name: " Ada " });
  assertEquals(run.logged, ["warn: Hello Ada"]);
  assertEquals(run.dispatched, [{ task: greet, payload: { name: "Ada again" }, options: {} }]);
  assertEquals(run.completed, true);
  assertEquals((await runTask(greet, { name: "Ada" }, { attempt: 2 })).dispatched, []);
});

Deno.test("runTask() rejects with what the handler throws, and with what is wrong with a payload", async () => {
  const broken = defineTask<null>({
    type: "broken",
    handle: () => {
      throw new RangeError("too far");
    },
  });
  await assertRejects(() => runTask(broken, null), RangeError, "too far");
  await assertRejects(() => runTask(greet, { name: 5 } as never), PayloadValidationError);
  const nested = defineTask<null>({
    type: "nested",
    handle: async (_, { dispatch }) => void await dispatch(greet, {} as never),
  });
  await assertRejects(() => runTask(nested, null), PayloadValidationError);
});

Deno.test("inlineDispatch() runs what is dispatched at once, and what that dispatches", async () => {
  const seen: string[] = [];
  const leaf = defineTask<string>({
    type: "leaf",
    handle: (name, { taskKey }: TaskContext) => void seen.push(`${name} ${taskKey}`),
  });
  const root = defineTask<null>({
    type: "root",
    async handle(_, { dispatch }) {
      seen.push("root");
      await dispatch(leaf, "leaf", { taskKey: "key", delay: { days: 1 } });
    },
  });
  const { outcome } = await inlineDispatch()(root, null);
  assertEquals([outcome, seen], ["created", ["root", "leaf key"]]);
});

Deno.test("assertDispatched() finds a task by part of its payload and its options, and shows what there is if it does not", async () => {
  const order = defineTask<{ items: { sku: string; n: number }[]; note?: string }>({
    type: "order",
    handle() {},
  });
  await using everTask = createEverTask({ storage: memoryStorage(), tasks: [order, greet] });
  await assertNotDispatched(everTask, order);
  const payload = { items: [{ sku: "a", n: 1 }, { sku: "b", n: 2 }], note: "fragile" };
  const { id } = await everTask.dispatch(order, payload, { priority: 7, taskKey: "order 1" });

  const found = await assertDispatched(everTask, order, {
    payload: { items: [{ sku: "a" }, { n: 2 }] },
    priority: 7,
    taskKey: "order 1",
    queue: "default",
    recurring: false,
  });
  assertEquals(found.id, id);
  for (
    const match of [
      { payload: { items: [{ sku: "a" }] } },
      { payload: { note: "heavy" } },
      { payload: { missing: null } },
      { priority: 0 },
      { taskKey: null },
      { queue: "other" },
      { recurring: true },
    ]
  ) {
    await assertNotDispatched(everTask, order, match);
    await assertRejects(
      () => assertDispatched(everTask, order, match),
      DispatchAssertionError,
      "fragile",
    );
  }
  await assertRejects(() => assertDispatched(everTask, greet), DispatchAssertionError, "none");
  await assertRejects(() => assertNotDispatched(everTask, order), DispatchAssertionError, "order");
});

Deno.test("drain() runs what is due and what that dispatches; with a fake clock, what is planned and retried, too", async () => {
  const ran: string[] = [];
  const work = defineTask<string>({
    type: "work",
    retry: linearRetry(1, { minutes: 5 }),
    async handle(name, { dispatch, attempt }) {
      ran.push(name);
      if (name === "first") await dispatch(work, "second");
      if (name === "flaky" && attempt === 1) throw new Error("busy");
    },
  });
  await using real = createEverTask({ storage: memoryStorage(), tasks: [work] });
  await real.start();
  await real.dispatch(work, "first");
  await real.dispatch(work, "much later", { delay: { hours: 5 } });
  await drain(real);
  assertEquals(ran.splice(0), ["first", "second"]);

  const clock = new FakeClock();
  const storage = memoryStorage({ database: new MemoryDatabase({ clock }) });
  await using everTask = createEverTask({ storage, clock, tasks: [work] });
  await everTask.start();
  await everTask.dispatch(work, "later", { delay: { minutes: 30 } });
  await everTask.dispatch(work, "flaky");
  await everTask.dispatch(work, "next day", { delay: { days: 1 } });
  await drain(everTask, { clock });
  assertEquals(ran, ["flaky", "flaky", "later"]);
});

Deno.test("drain() gives up on an instance that does not run its tasks", async () => {
  await using everTask = createEverTask({ storage: memoryStorage(), tasks: [greet] });
  await everTask.dispatch(greet, { name: "Ada" });
  const drained = drain(everTask, { timeoutMs: 50 });
  await assertRejects(() => drained, DispatchAssertionError, "started");
});

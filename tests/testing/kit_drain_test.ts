import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  defineTask,
  type EverTask,
  InvalidArgumentError,
  linearRetry,
  StoppedError,
} from "../../mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { sqliteStorage } from "../../drivers/sqlite/mod.ts";
import {
  assertDispatched,
  createTestEverTask,
  FakeClock,
  refuteDispatched,
  StalledError,
  type TestEverTaskOptions,
  TooManyAttemptsError,
} from "../../src/testing/mod.ts";
import { nothing, noting, onFakeTime } from "./kit_support.ts";

Deno.test("in manual mode nothing runs before drain, and drain runs all due tasks", async () => {
  const notes: string[] = [];
  const note = noting("note", notes);
  await using everTask = createTestEverTask({ storage: memoryStorage(), tasks: [note] });
  await everTask.start();
  await everTask.dispatch(note, "a");
  await everTask.dispatchMany(note, ["b", "c"]);
  assertEquals(notes, []);
  const { failures, ...counts } = await everTask.drain();
  assertEquals(counts, { ...nothing, attempts: 3, completed: 3 });
  assertEquals([notes.sort(), failures], [["a", "b", "c"], []]);
  assertEquals(await everTask.drain(), { ...nothing, failures: [] });
});

Deno.test("a drain runs continuations from handlers and hooks", async () => {
  const notes: string[] = [];
  const note = noting("note", notes);
  const parent = defineTask<number>({
    type: "parent",
    async handle(generations, { dispatch }) {
      notes.push(`generation ${generations}`);
      if (generations > 0) await dispatch(parent, generations - 1);
      else await application.dispatch(note, "from the instance");
    },
    onCompleted: ({ dispatch }) => dispatch(note, "from a hook").then(() => {}),
  });
  await using everTask = createTestEverTask({ storage: memoryStorage(), tasks: [note, parent] });
  const application: EverTask = everTask;
  await everTask.dispatch(parent, 1);
  const { completed } = await everTask.drain();
  assertEquals(completed, 5);
  const hooks = ["from a hook", "from a hook"];
  assertEquals(notes.sort(), [...hooks, "from the instance", "generation 0", "generation 1"]);
});

Deno.test("a drain runs retries without waiting for their delays, on the real clock and on a fake one", async () => {
  const clock = new FakeClock();
  for (const options of [{}, { clock }]) {
    const attempts: number[] = [];
    const flaky = defineTask<null>({
      type: "flaky",
      retry: linearRetry(3, { hours: 1 }),
      handle(_, { attempt }) {
        attempts.push(attempt);
        if (attempt < 3) throw new Error("busy");
      },
    });
    const storage = memoryStorage(options);
    await using everTask = createTestEverTask({ storage, tasks: [flaky], ...options });
    await everTask.dispatch(flaky, null);
    const before = clock.now();
    const result = await everTask.drain();
    assertEquals(result, { ...nothing, attempts: 3, completed: 1, retried: 2, failures: [] });
    assertEquals([attempts, clock.now()], [[1, 2, 3], before]);
  }
});

Deno.test("a drain returns the failed tasks with their errors, or throws the first error", async () => {
  const error = new RangeError("too far");
  const broken = defineTask<null>({
    type: "broken",
    retry: linearRetry(1, 0),
    handle() {
      throw error;
    },
  });
  await using everTask = createTestEverTask({ storage: memoryStorage(), tasks: [broken] });
  const { id } = await everTask.dispatch(broken, null);
  const { failures, ...counts } = await everTask.drain();
  assertEquals(counts, { ...nothing, attempts: 2, failed: 1, retried: 1 });
  assertEquals([failures[0]!.taskId, failures[0]!.type], [id, "broken"]);
  assert(failures[0]!.error === error);
  await everTask.dispatch(broken, null);
  assert(await assertRejects(() => everTask.drain({ failures: "throw" }), RangeError) === error);
});

Deno.test("a failure without a thrown error is reported with its stored text", async () => {
  const limited = defineTask<null>({
    type: "limited",
    rateLimit: { permits: 1, period: { hours: 1 }, overflow: "Discard" },
    handle() {},
  });
  const { everTask } = onFakeTime([limited]);
  await using _ = everTask;
  await everTask.dispatchMany(limited, [null, null]);
  const { completed, failures } = await everTask.drain();
  assertEquals([completed, failures.length], [1, 1]);
  assertStringIncludes(String(failures[0]!.error), "RateLimitRejectedError");
});

Deno.test("cancel works during a drain, and a paused queue is not drained", async () => {
  const long = defineTask<null>({
    type: "long",
    async handle(_, { taskId, signal }) {
      await everTask.cancel(taskId);
      signal.throwIfAborted();
      await new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason))
      );
    },
  });
  const note = noting("note", []);
  await using everTask = createTestEverTask({
    storage: memoryStorage(),
    tasks: [long, note],
    queues: { paused: {} },
  });
  await everTask.queues.pause("paused");
  await everTask.dispatch(long, null);
  await everTask.dispatch(note, "waits", { queue: "paused" });
  assertEquals(await everTask.drain(), { ...nothing, attempts: 1, cancelled: 1, failures: [] });
  await everTask.queues.resume("paused");
  assertEquals((await everTask.drain()).completed, 1);
});

Deno.test("subscribers get events of dispatches and runs", async () => {
  const note = noting("note", []);
  await using everTask = createTestEverTask({ storage: memoryStorage(), tasks: [note] });
  const kinds: string[] = [];
  everTask.events.subscribe(({ kind }) => void kinds.push(kind));
  await everTask.dispatch(note, "a");
  await everTask.drain();
  assertEquals(kinds, ["dispatched", "started", "completed"]);
});

Deno.test("a test instance calls the instrumentation of the application", async () => {
  const seen: string[] = [];
  const note = noting("note", []);
  await using everTask = createTestEverTask({
    storage: memoryStorage(),
    tasks: [note],
    instrumentation: {
      async dispatch(task, store) {
        seen.push(`dispatch ${task.type}`);
        return await store("00-trace");
      },
      async run(task, execute) {
        seen.push(`run ${task.type} ${task.traceContext}`);
        return await execute();
      },
    },
  });
  await everTask.dispatch(note, "a");
  await everTask.drain();
  assertEquals(seen, ["dispatch note", "run note 00-trace"]);
});

Deno.test("a drain of an endless chain of tasks rejects, and the error names the tasks", async () => {
  const endless = defineTask<null>({
    type: "endless",
    async handle(_, { dispatch }) {
      await dispatch(endless, null);
    },
  });
  await using everTask = createTestEverTask({ storage: memoryStorage(), tasks: [endless] });
  await everTask.dispatch(endless, null);
  const { message } = await assertRejects(
    () => everTask.drain({ maxAttempts: 10 }),
    TooManyAttemptsError,
  );
  assertStringIncludes(message, 'After 10 attempts there are still tasks to run: "endless" (');
});

Deno.test("a drain rejects if a handler never ends, and the error names its task", async () => {
  const deaf = defineTask<null>({ type: "deaf", handle: () => new Promise(() => {}) });
  const { everTask } = onFakeTime([deaf]);
  await using _ = everTask;
  const { id } = await everTask.dispatch(deaf, null);
  const { message } = await assertRejects(
    () => everTask.drain({ stalledAfter: { milliseconds: 50 } }),
    StalledError,
  );
  assertStringIncludes(
    message,
    `Nothing was written for 50 ms, but tasks are running or due: "deaf" (${id}, running)`,
  );
  assertEquals((await everTask.get(id))!.workerId, null);
});

Deno.test("invalid options are rejected", async () => {
  const storage = memoryStorage();
  const wrongMode = { storage, tasks: [], mode: "auto" } as unknown as TestEverTaskOptions;
  const wrongFailures = { storage, tasks: [], failures: "no" } as unknown as TestEverTaskOptions;
  for (const options of [wrongMode, wrongFailures, { storage, tasks: [], maxAttempts: 0.5 }]) {
    assertThrows(() => createTestEverTask(options), InvalidArgumentError);
  }
  await using everTask = createTestEverTask({ storage, tasks: [] });
  for (const options of [{ maxAttempts: 0 }, { stalledAfter: -1 }, { advance: NaN }]) {
    await assertRejects(() => everTask.drain(options), InvalidArgumentError);
  }
});

Deno.test("stop waits for a drain to end, and later drains reject", async () => {
  const notes: string[] = [];
  const note = noting("note", notes);
  const everTask = createTestEverTask({ storage: memoryStorage(), tasks: [note] });
  await everTask.dispatch(note, "a");
  const draining = everTask.drain();
  await new Promise((resolve) => everTask.events.subscribe(resolve, { kinds: ["started"] }));
  await everTask.stop();
  assertEquals([(await draining).completed, notes], [1, ["a"]]);
  await assertRejects(() => everTask.drain(), StoppedError);
  await assertRejects(() => refuteDispatched(everTask, note), StoppedError);
});

Deno.test("the test kit also works with a SQLite database", async () => {
  const notes: string[] = [];
  const note = noting("note", notes);
  const flaky = defineTask<null>({
    type: "flaky",
    retry: linearRetry(1, { hours: 1 }),
    async handle(_, { attempt, dispatch }) {
      if (attempt === 1) throw new Error("busy");
      await dispatch(note, "done");
    },
  });
  const storage = sqliteStorage(":memory:");
  await using everTask = createTestEverTask({ storage, tasks: [note, flaky] });
  await everTask.dispatch(flaky, null);
  const { completed, retried } = await everTask.drain();
  assertEquals([completed, retried, notes], [2, 1, ["done"]]);
  await assertDispatched(everTask, note, { payload: "done", delay: 0, status: "Completed" });
});

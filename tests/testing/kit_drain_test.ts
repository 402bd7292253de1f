import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  type AnyTask,
  defineTask,
  type EverTask,
  InvalidArgumentError,
  linearRetry,
  noRetry,
  RetryLater,
  StoppedError,
} from "../../mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import {
  createTestEverTask,
  FakeClock,
  refuteDispatched,
  StalledError,
  type TestEverTaskOptions,
  TooManyAttemptsError,
} from "../../src/testing/mod.ts";

type Options = Partial<Omit<TestEverTaskOptions, "clock" | "tasks">>;

/** An instance over memory, and the clock that both go by. */
function onFakeTime(tasks: readonly AnyTask[], options: Options = {}) {
  const clock = new FakeClock("2026-03-01T10:00:00Z");
  const storage = memoryStorage({ clock });
  return { clock, everTask: createTestEverTask({ storage, clock, tasks, ...options }) };
}

const nothing = { attempts: 0, completed: 0, failed: 0, retried: 0, later: 0, cancelled: 0 };

/** A task that notes each of its runs. */
function noting(type: string, notes: string[]) {
  return defineTask<string>({ type, handle: (text) => void notes.push(text) });
}

Deno.test("in manual mode nothing runs before drain, and drain runs all that is due", async () => {
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

Deno.test("a drain runs continuations, of handlers and of hooks, whoever dispatches them", async () => {
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

Deno.test("a drain tells which tasks failed, with the errors that they threw, or throws the first", async () => {
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

Deno.test("a failure without a handler's error is told by its text", async () => {
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

Deno.test("what is due later stays, until withScheduled runs each task at its instant", async () => {
  const notes: string[] = [];
  const note = defineTask<string>({
    type: "note",
    handle: (text) => void notes.push(`${text} at ${new Date(clock.now()).toISOString()}`),
  });
  const { clock, everTask } = onFakeTime([note]);
  await using _ = everTask;
  await everTask.dispatch(note, "now");
  await everTask.dispatch(note, "next year", { at: "2027-01-01T00:00:00Z" });
  await everTask.dispatch(note, "soon", { delay: { minutes: 5 } });
  assertEquals((await everTask.drain()).completed, 1);
  assertEquals((await everTask.drain({ withScheduled: true })).completed, 2);
  assertEquals(notes, [
    "now at 2026-03-01T10:00:00.000Z",
    "soon at 2026-03-01T10:05:00.000Z",
    "next year at 2027-01-01T00:00:00.000Z",
  ]);
});

Deno.test("while time goes by, retries and tasks that ask to run later keep to their instants", async () => {
  const notes: string[] = [];
  const minutes = () => (clock.now() - start) / 60_000;
  const flaky = defineTask<null>({
    type: "flaky",
    retry: linearRetry(1, { minutes: 10 }),
    handle(_, { attempt }) {
      notes.push(`flaky after ${minutes()}`);
      if (attempt === 1) throw new Error("busy");
    },
  });
  const patient = defineTask<null>({
    type: "patient",
    handle() {
      notes.push(`patient after ${minutes()}`);
      if (minutes() < 20) throw new RetryLater({ minutes: 15 });
    },
  });
  const { clock, everTask } = onFakeTime([flaky, patient]);
  await using _ = everTask;
  const start = clock.now();
  await everTask.dispatch(patient, null);
  const { later, failures: _none, ...rest } = await everTask.drain();
  assertEquals([later, rest.attempts], [1, 1]); // it is not hurried: it knows why it waits
  await everTask.dispatch(flaky, null);
  const result = await everTask.drain({ withScheduled: true });
  assertEquals(result, {
    ...nothing,
    attempts: 4,
    completed: 2,
    retried: 1,
    later: 1,
    failures: [],
  });
  assertEquals(notes, [
    "patient after 0",
    "flaky after 0",
    "flaky after 10",
    "patient after 15",
    "patient after 30",
  ]);
});

Deno.test("advance lets so much time go by, and a series runs as often as it is due", async () => {
  const runs: string[] = [];
  const backUp = defineTask<null>({
    type: "back-up",
    handle(_, { run }) {
      runs.push(`${run!.number}: ${run!.scheduledAt.toISOString()}`);
    },
  });
  const { clock, everTask } = onFakeTime([backUp]);
  await using _ = everTask;
  await everTask.dispatch(backUp, null, { recurring: (r) => r.everyDay().atTime("03:00") });
  const { completed } = await everTask.drain({ advance: { days: 3 } });
  assertEquals(completed, 3);
  assertEquals(runs, [
    "1: 2026-03-02T03:00:00.000Z",
    "2: 2026-03-03T03:00:00.000Z",
    "3: 2026-03-04T03:00:00.000Z",
  ]);
  assertEquals(new Date(clock.now()).toISOString(), "2026-03-04T10:00:00.000Z");
  assertEquals((await everTask.recurring.list()).items[0]!.runCount, 3);
});

Deno.test("a failed run of a series is retried at once, and the series goes on", async () => {
  let failing = true;
  const check = defineTask<null>({
    type: "check",
    retry: linearRetry(2, 1000),
    handle() {
      if (failing) throw new Error("down");
    },
  });
  const { clock, everTask } = onFakeTime([check]);
  await using _ = everTask;
  await everTask.dispatch(check, null, { recurring: (r) => r.every(1).hours() });
  await clock.advance(3_600_000);
  const { failed, retried, attempts } = await everTask.drain();
  assertEquals([failed, retried, attempts], [1, 2, 3]);
  failing = false;
  assertEquals((await everTask.drain({ advance: { hours: 2 } })).completed, 2);
});

Deno.test("a rate limit holds in a drain, and lets its tasks through while time goes by", async () => {
  const limited = defineTask<number>({
    type: "limited",
    rateLimit: { permits: 2, period: { minutes: 1 } },
    handle() {},
  });
  const { everTask } = onFakeTime([limited]);
  await using _ = everTask;
  await everTask.dispatchMany(limited, [1, 2, 3, 4, 5]);
  assertEquals((await everTask.drain()).completed, 2);
  assertEquals((await everTask.drain({ advance: { seconds: 30 } })).completed, 1);
  assertEquals((await everTask.drain({ withScheduled: true })).completed, 2);
});

Deno.test("between drains nothing is left running: no worker, no timer", async () => {
  const note = noting("note", []);
  const { clock, everTask } = onFakeTime([note]);
  await using _ = everTask;
  await everTask.dispatch(note, "a", { delay: 1000 });
  await everTask.drain({ withScheduled: true });
  await everTask.dispatch(note, "a", { delay: 1000 });
  assertEquals([clock.timerCount, await everTask.workers(), everTask.workerId], [0, [], null]);
});

Deno.test("a handler that waits for the fake clock goes on when the test advances it", async () => {
  const slow = defineTask<null>({
    type: "slow",
    timeout: { seconds: 30 },
    retry: noRetry(),
    handle: (_, { signal }) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  });
  const { clock, everTask } = onFakeTime([slow]);
  await using _ = everTask;
  await everTask.dispatch(slow, null);
  const draining = everTask.drain();
  while (clock.timerCount === 0 || (await everTask.workers()).length === 0) await clock.advance(0);
  await clock.advance(31_000);
  const { failures } = await draining;
  assertStringIncludes(String(failures[0]!.error), "TimeoutError");
});

Deno.test("cancel works while a drain runs, and a paused queue is left alone", async () => {
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

Deno.test("subscribers hear of what is dispatched and of what is run", async () => {
  const note = noting("note", []);
  await using everTask = createTestEverTask({ storage: memoryStorage(), tasks: [note] });
  const kinds: string[] = [];
  everTask.events.subscribe(({ kind }) => void kinds.push(kind));
  await everTask.dispatch(note, "a");
  await everTask.drain();
  assertEquals(kinds, ["dispatched", "started", "completed"]);
});

Deno.test("an application's own instrumentation is called as well", async () => {
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

Deno.test("tasks without end are stopped, and named", async () => {
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

Deno.test("a series without end stops withScheduled", async () => {
  const tick = defineTask<null>({ type: "tick", handle() {} });
  const { everTask } = onFakeTime([tick]);
  await using _ = everTask;
  await everTask.dispatch(tick, null, { recurring: (r) => r.every(1).minutes() });
  await assertRejects(
    () => everTask.drain({ withScheduled: true, maxAttempts: 20 }),
    TooManyAttemptsError,
    '"tick" (21)',
  );
});

Deno.test("a handler that never ends is stopped, and named", async () => {
  const deaf = defineTask<null>({ type: "deaf", handle: () => new Promise(() => {}) });
  const { everTask } = onFakeTime([deaf]);
  await using _ = everTask;
  const { id } = await everTask.dispatch(deaf, null);
  const { message } = await assertRejects(
    () => everTask.drain({ timeout: { milliseconds: 50 } }),
    StalledError,
  );
  assertStringIncludes(
    message,
    `No task has ended for 50 ms, but there are: "deaf" (${id}, running)`,
  );
  assertEquals((await everTask.get(id))!.workerId, null);
});

Deno.test("time goes by only for a fake clock, and the storage must go by it, too", async () => {
  const note = noting("note", []);
  await using real = createTestEverTask({ storage: memoryStorage(), tasks: [note] });
  await assertRejects(() => real.drain({ withScheduled: true }), InvalidArgumentError, "FakeClock");
  await assertRejects(() => real.drain({ advance: 1 }), InvalidArgumentError, "FakeClock");
  const clock = new FakeClock();
  await using mixed = createTestEverTask({ storage: memoryStorage(), clock, tasks: [note] });
  await assertRejects(() => mixed.drain(), InvalidArgumentError, "memoryStorage({ clock })");
});

Deno.test("options that make no sense are refused", async () => {
  const storage = memoryStorage();
  const wrongMode = { storage, tasks: [], mode: "auto" } as unknown as TestEverTaskOptions;
  const wrongFailures = { storage, tasks: [], failures: "no" } as unknown as TestEverTaskOptions;
  for (const options of [wrongMode, wrongFailures]) {
    assertThrows(() => createTestEverTask(options), InvalidArgumentError);
  }
  await using everTask = createTestEverTask({ storage, tasks: [] });
  for (const options of [{ maxAttempts: 0 }, { timeout: -1 }, { advance: NaN }]) {
    await assertRejects(() => everTask.drain(options), InvalidArgumentError);
  }
});

Deno.test("stop lets a drain end first, and ends the instance", async () => {
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

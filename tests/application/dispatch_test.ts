import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { z } from "zod";
import {
  createEverTask,
  defineTask,
  DuplicateTaskTypeError,
  InvalidArgumentError,
  PayloadValidationError,
  UnknownTaskTypeError,
} from "../../mod.ts";
import { MemoryDatabase, memoryStorage } from "../../drivers/memory/mod.ts";
import { startEngine } from "../support/engine.ts";
import { Faults } from "../support/faulty_storage.ts";
import { Fleet, gate } from "../support/fleet.ts";

const greet = defineTask({
  type: "greet",
  payload: z.object({ name: z.string() }),
  handle() {},
});

function dispatchOnly() {
  return createEverTask({ storage: memoryStorage(), tasks: [greet] });
}

for (const many of [false, true]) {
  Deno.test(`a worker that starts while a task is being stored runs the task (${many ? "many" : "one"})`, async () => {
    await using fleet = new Fleet();
    let ran = 0;
    const task = defineTask<null>({ type: "work", handle: () => void ran++ });
    const faults = new Faults();
    const everTask = fleet.create({ tasks: [task], wrap: faults.wrap });
    const started = gate();
    faults.rule = (verb) => verb === "persist" ? { heldUntil: started.opened } : null;
    const dispatched = many
      ? everTask.dispatchMany(task, [null, null])
      : everTask.dispatch(task, null);
    await fleet.settle();
    await everTask.start();
    await fleet.settle();
    started.open();
    await dispatched;
    await fleet.settle();
    assertEquals(ran, many ? 2 : 1);
  });
}

Deno.test("at audit level Full, a task that succeeds at once leaves Queued, InProgress and Completed", async () => {
  await using engine = await startEngine({ tasks: [greet] });
  const { everTask } = engine;
  const { id, outcome } = await everTask.dispatch(greet, { name: "Ada" });
  assertEquals(outcome, "created");
  await engine.ended(id);
  const trail = (await everTask.statusAudit(id)).items;
  assertEquals(trail.map((row) => row.newStatus), ["Queued", "InProgress", "Completed"]);
  assert(trail[0]!.updatedAt <= trail[1]!.updatedAt && trail[1]!.updatedAt <= trail[2]!.updatedAt);
  assertEquals((await everTask.get(id))!.status, "Completed");
});

Deno.test("an instance without start() only stores tasks, and a started instance runs them", async () => {
  const database = new MemoryDatabase();
  await using web = createEverTask({ storage: memoryStorage({ database }), tasks: [greet] });
  const { id } = await web.dispatch(greet, { name: "Ada" });
  assertEquals((await web.get(id))!.status, "Queued");
  await using worker = await startEngine({ storage: memoryStorage({ database }), tasks: [greet] });
  await worker.ended(id);
  assertEquals((await web.get(id))!.status, "Completed");
});

Deno.test("delay and at store a waiting task with this due instant", async () => {
  await using everTask = dispatchOnly();
  const delayed = await everTask.dispatch(greet, { name: "Ada" }, { delay: { minutes: 30 } });
  const record = (await everTask.get(delayed.id))!;
  assertEquals(record.status, "WaitingQueue");
  assertEquals(record.dueAt!.getTime() - record.createdAt.getTime(), 1_800_000);
  const at = new Date("2126-12-25T10:00:00Z");
  const planned = await everTask.dispatch(greet, { name: "Ada" }, { at });
  assertEquals((await everTask.get(planned.id))!.dueAt, at);
});

Deno.test("a delayed task runs when it is due, and not before", async () => {
  await using engine = await startEngine({ tasks: [greet] });
  const started = performance.now();
  const { id } = await engine.everTask.dispatch(greet, { name: "Ada" }, { delay: 150 });
  await engine.ended(id);
  assert(performance.now() - started >= 149);
});

Deno.test("the audit level comes from the dispatch, then the task, then the instance", async () => {
  const quiet = defineTask<null>({ type: "quiet", auditLevel: "None", handle() {} });
  await using everTask = createEverTask({
    storage: memoryStorage(),
    tasks: [greet, quiet],
    defaultAuditLevel: "Minimal",
  });
  const levelOf = async ({ id }: { id: string }) => (await everTask.get(id))!.auditLevel;
  assertEquals(await levelOf(await everTask.dispatch(greet, { name: "Ada" })), "Minimal");
  assertEquals(await levelOf(await everTask.dispatch(quiet, null)), "None");
  const full = await everTask.dispatch(quiet, null, { auditLevel: "Full" });
  assertEquals(await levelOf(full), "Full");
});

Deno.test("a task key lets a waiting task be updated and an ended one be replaced", async () => {
  await using engine = await startEngine({ tasks: [greet] });
  const { everTask } = engine;
  const taskKey = "greeting";
  const first = await everTask.dispatch(greet, { name: "Ada" }, { taskKey, delay: 60_000 });
  const second = await everTask.dispatch(greet, { name: "Eve" }, { taskKey });
  assertEquals(second, { id: first.id, outcome: "updated" });
  await engine.ended(first.id);
  assertEquals((await everTask.getByTaskKey(taskKey))!.payload, '{"name":"Eve"}');
  const third = await everTask.dispatch(greet, { name: "Joe" }, { taskKey });
  assertEquals(third.outcome, "created");
  assert(third.id !== first.id);
  await engine.ended(third.id);
});

Deno.test("a dispatch with the key of a running task changes nothing", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => release = resolve);
  const slow = defineTask<null>({ type: "slow", handle: () => held });
  await using engine = await startEngine({ tasks: [slow] });
  const first = await engine.everTask.dispatch(slow, null, { taskKey: "one" });
  await engine.event((e) => e.kind === "started");
  const second = await engine.everTask.dispatch(slow, null, { taskKey: "one" });
  assertEquals(second, { id: first.id, outcome: "existing" });
  release();
});

Deno.test("dispatchMany() checks all payloads before it stores the first", async () => {
  await using everTask = dispatchOnly();
  const payloads = [{ name: "Ada" }, { name: 7 as unknown as string }];
  await assertRejects(() => everTask.dispatchMany(greet, payloads), PayloadValidationError, "name");
  assertEquals((await everTask.list()).items, []);
});

Deno.test("dispatchMany() stores thousands of tasks, and all of them run", async () => {
  let runs = 0;
  let allRan = () => {};
  const done = new Promise<void>((resolve) => allRan = resolve);
  const count = defineTask<number>({
    type: "count",
    handle() {
      if (++runs === 12_000) allRan();
    },
  });
  const database = new MemoryDatabase();
  const everTask = createEverTask({ storage: memoryStorage({ database }), tasks: [count] });
  await everTask.start();
  const results = await everTask.dispatchMany(count, Array(12_000).keys());
  await done;
  await everTask.stop();
  assertEquals(new Set(results.map(({ id }) => id)).size, 12_000);
  await using reader = createEverTask({ storage: memoryStorage({ database }), tasks: [] });
  assertEquals((await reader.statistics()).tasksByStatus.Completed, 12_000);
  assertEquals(runs, 12_000);
});

Deno.test("an aborted signal cancels the dispatch, and nothing is stored", async () => {
  await using everTask = dispatchOnly();
  const signal = AbortSignal.abort(new Error("left"));
  await assertRejects(() => everTask.dispatch(greet, { name: "Ada" }, { signal }), Error, "left");
  const many = [{ name: "Ada" }, { name: "Eve" }];
  await assertRejects(() => everTask.dispatchMany(greet, many, { signal }), Error, "left");
  assertEquals((await everTask.list()).items, []);
});

Deno.test("dispatchMany() without payloads stores nothing and calls no instrumentation", async () => {
  let heard = 0;
  await using everTask = createEverTask({
    storage: memoryStorage(),
    tasks: [greet],
    instrumentation: {
      dispatch: (_, store) => (heard++, store(null)),
      run: (_, execute) => execute(),
    },
  });
  assertEquals(await everTask.dispatchMany(greet, []), []);
  assertEquals([heard, (await everTask.list()).items], [0, []]);
});

Deno.test("an unknown queue is warned about once, and its tasks are stored in the default queue", async () => {
  await using engine = await startEngine({ tasks: [greet] });
  for (const name of ["Ada", "Eve"]) {
    const { id } = await engine.everTask.dispatch(greet, { name }, { queue: "no-such" });
    assertEquals((await engine.everTask.get(id))!.queue, "default");
  }
  assertEquals(engine.complaints.filter((line) => line.includes("no-such")).length, 1);
});

Deno.test("invalid options are rejected with the value and the remedy, and nothing is stored", async () => {
  await using everTask = dispatchOnly();
  const name = "Ada";
  const wrong: [options: Parameters<typeof everTask.dispatch>[2], message: string][] = [
    [{ delay: -5 }, "delay is -5, but it must be a finite duration of at least 0"],
    [{ delay: { weeks: 1 } as never }, 'delay is {"weeks":1}'],
    [{ at: new Date("soon") }, "at is an invalid Date"],
    [{ at: "2026-12-25T10:00:00" }, "an ISO 8601 string with an offset"],
    [{ delay: 5, at: new Date() }, "only one of delay, at and recurring"],
    [{ taskKey: "k".repeat(201) }, "at most 200 characters (it has 201)"],
    [{ taskKey: "" }, "taskKey is"],
    [{ auditLevel: "Loud" as never }, "be one of Full, Minimal, ErrorsOnly, None"],
    [{ priority: 1.5 }, "priority is 1.5"],
    [{ priority: 40_000 }, "priority is 40000"],
    [{ recurring: "* * *" }, "* * *"],
  ];
  for (const [options, message] of wrong) {
    const error = await assertRejects(
      () => everTask.dispatch(greet, { name }, options),
      Error,
    );
    assertStringIncludes(error.message, message);
    assert(error.name.startsWith("Invalid"), `${error.name}: ${error.message}`);
  }
  assertEquals((await everTask.list()).items, []);
});

Deno.test("an unregistered task is rejected", async () => {
  await using everTask = dispatchOnly();
  const other = defineTask<null>({ type: "other", handle() {} });
  await assertRejects(() => everTask.dispatch(other, null), UnknownTaskTypeError, '"other"');
});

Deno.test("createEverTask() rejects invalid options", () => {
  const storage = memoryStorage();
  const tasks = [greet];
  assertThrows(() => createEverTask({ storage, tasks: [greet, greet] }), DuplicateTaskTypeError);
  const wrong: [options: Parameters<typeof createEverTask>[0], message: string][] = [
    [{ storage: "app.db" as never, tasks }, "storage is "],
    [{ storage, tasks: undefined as never }, "tasks is undefined"],
    [{ storage, tasks, defaultAuditLevel: "Loud" as never }, 'defaultAuditLevel is "Loud"'],
    [{ storage, tasks, queues: { mail: { parallelism: 0 } } }, "queues.mail.parallelism is 0"],
    [{ storage, tasks, queues: { mail: { parallelism: 9, capacity: 3 } } }, "queues.mail.capacity"],
    [{ storage, tasks, leaseDuration: 5 }, "leaseDuration is 5"],
    [{ storage, tasks, timeout: NaN }, "timeout is NaN"],
    [{ storage, tasks, poisonLimit: -1 }, "poisonLimit is -1"],
    [{ storage, tasks, persistentLogs: { maxLinesPerRun: 0 } }, "maxLinesPerRun is 0"],
  ];
  for (const [options, message] of wrong) {
    const error = assertThrows(() => createEverTask(options), InvalidArgumentError);
    assertStringIncludes(error.message, message);
  }
});

Deno.test("defineTask() rejects an invalid definition, and names the task", () => {
  const handle = () => {};
  assertThrows(() => defineTask({ type: "", handle }), InvalidArgumentError, "task.type");
  const noHandler = { type: "x", handle: undefined as never };
  assertThrows(() => defineTask(noHandler), InvalidArgumentError, 'task "x": handle');
  const badSchema = { type: "x", handle, payload: {} as never };
  assertThrows(() => defineTask(badSchema), InvalidArgumentError, "Standard Schema");
  const badTimeout = { type: "x", handle, timeout: -1 };
  assertThrows(() => defineTask(badTimeout), InvalidArgumentError, 'task "x": timeout is -1');
});

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { z } from "zod";
import {
  createEverTask,
  defineTask,
  linearRetry,
  NonRetryableError,
  RetryLater,
  silentLogger,
  TaskCancelledError,
  type TaskContext,
} from "../../mod.ts";
import { MemoryDatabase, memoryStorage } from "../../drivers/memory/mod.ts";
import { FakeClock } from "../../src/testing/fake_clock.ts";
import { startEngine } from "../support/engine.ts";

const quickRetry = linearRetry(2, 5);

/** Rejects when the signal aborts. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** Reads tasks from a store after its engine has stopped. */
async function readAll(database: MemoryDatabase, ids: readonly { id: string }[]) {
  const storage = memoryStorage({ database });
  await storage.open();
  return await Promise.all(ids.map(async ({ id }) => (await storage.get(id))!));
}

Deno.test("a failing task is retried by its policy, and then fails with the error", async () => {
  const attempts: number[] = [];
  const broken = defineTask<null>({
    type: "broken",
    retry: quickRetry,
    handle(_, { attempt }) {
      attempts.push(attempt);
      throw new Error("no such mailbox");
    },
  });
  await using engine = await startEngine({ tasks: [broken] });
  const { id } = await engine.everTask.dispatch(broken, null);
  const { kind, exception, severity } = await engine.ended(id);
  assertEquals([kind, severity, attempts], ["failed", "Error", [1, 2, 3]]);
  assertStringIncludes(exception!, "no such mailbox");
  const trail = (await engine.everTask.statusAudit(id)).items.map((row) => row.newStatus);
  const again = ["Queued", "InProgress"];
  assertEquals(trail, [...again, "Pending", ...again, "Pending", ...again, "Failed"]);
  const record = (await engine.everTask.get(id))!;
  assertEquals([record.status, record.attempt], ["Failed", 3]);
  assertStringIncludes(record.exception!, "no such mailbox");
});

Deno.test("a task that succeeds on a retry has no exception", async () => {
  const flaky = defineTask<null>({
    type: "flaky",
    retry: quickRetry,
    handle(_, { attempt }) {
      if (attempt === 1) throw new Error("busy");
    },
  });
  await using engine = await startEngine({ tasks: [flaky] });
  const { id } = await engine.everTask.dispatch(flaky, null);
  assertEquals((await engine.ended(id)).kind, "completed");
  assertEquals((await engine.everTask.get(id))!.exception, null);
});

Deno.test("NonRetryableError fails a task at once, and RetryLater does not count as a retry", async () => {
  const fatal = defineTask<null>({
    type: "fatal",
    retry: quickRetry,
    handle() {
      throw new NonRetryableError("gone for good");
    },
  });
  let calls = 0;
  const patient = defineTask<null>({
    type: "patient",
    retry: linearRetry(0, 0),
    handle() {
      if (++calls < 4) throw new RetryLater(1);
    },
  });
  await using engine = await startEngine({ tasks: [fatal, patient] });
  const { id } = await engine.everTask.dispatch(fatal, null);
  const { attempt, kind } = await engine.ended(id);
  assertEquals([kind, attempt], ["failed", 1]);
  const later = await engine.everTask.dispatch(patient, null);
  assertEquals((await engine.ended(later.id)).kind, "completed");
  assertEquals([calls, (await engine.everTask.get(later.id))!.attempt], [4, 1]);
});

Deno.test("the hooks are called in order, and one that throws changes nothing", async () => {
  const calls: string[] = [];
  const task = defineTask<null>({
    type: "hooked",
    retry: linearRetry(1, 1),
    handle(_, { attempt }) {
      calls.push(`handle ${attempt}`);
      if (attempt === 1) throw new Error("first");
    },
    onStarted: ({ attempt }) => void calls.push(`started ${attempt}`),
    onRetry: (_, attempt, error, delayMs) =>
      void calls.push(`retry ${attempt} ${(error as Error).message} ${delayMs}`),
    onCompleted() {
      calls.push("completed");
      throw new Error("a hook of no consequence");
    },
  });
  await using engine = await startEngine({ tasks: [task] });
  const { id } = await engine.everTask.dispatch(task, null);
  await engine.ended(id);
  await engine.everTask.stop();
  assertEquals(calls, [
    "started 1",
    "handle 1",
    "retry 1 first 1",
    "started 2",
    "handle 2",
    "completed",
  ]);
  assert(engine.complaints.some((line) => line.includes("a hook of no consequence")));
});

Deno.test("onError gets the error of the last attempt", async () => {
  let told: unknown;
  const task = defineTask<null>({
    type: "hopeless",
    retry: linearRetry(0, 0),
    handle() {
      throw new RangeError("too far");
    },
    onError: (_, error) => void (told = error),
  });
  await using engine = await startEngine({ tasks: [task] });
  const { id } = await engine.everTask.dispatch(task, null);
  await engine.ended(id);
  await engine.everTask.stop();
  assert(told instanceof RangeError);
});

Deno.test("a task whose stored payload no longer validates fails with the reason, and keeps its payload", async () => {
  const database = new MemoryDatabase();
  const before = defineTask<{ size: string }>({ type: "resize", handle() {} });
  const after = defineTask({
    type: "resize",
    payload: z.object({ size: z.number() }),
    retry: quickRetry,
    handle() {},
  });
  await using old = await startEngine({ storage: memoryStorage({ database }), tasks: [before] });
  const { id } = await old.everTask.dispatch(before, { size: "XL" }, { delay: 30 });
  await old.everTask.stop();
  await using engine = await startEngine({ storage: memoryStorage({ database }), tasks: [after] });
  const { kind, attempt, exception } = await engine.ended(id);
  assertEquals([kind, attempt], ["failed", 1]);
  assertStringIncludes(exception!, "size");
  assertEquals((await engine.everTask.get(id))!.payload, '{"size":"XL"}');
});

Deno.test("cancel() ends a waiting task at once", async () => {
  const idle = defineTask<null>({ type: "idle", handle() {} });
  await using engine = await startEngine({ tasks: [idle] });
  const { everTask } = engine;
  const { id } = await everTask.dispatch(idle, null, { delay: 60_000 });
  assertEquals(await everTask.cancel(id), "cancelled");
  assertEquals((await everTask.get(id))!.status, "Cancelled");
  assertEquals(await everTask.cancel(id), "ended");
  assertEquals(await everTask.cancel("01a204c3-9e85-76f3-a637-c068a230efde"), "unknown");
  assertEquals(await everTask.cancel("no id"), "unknown");
});

Deno.test("cancel() aborts the signal of a running task, and the task ends as Cancelled", async () => {
  let reason: unknown;
  const long = defineTask<null>({
    type: "long",
    handle: (_, { signal }) =>
      untilAborted(signal).catch((error) => {
        reason = error;
        throw error;
      }),
  });
  await using engine = await startEngine({ tasks: [long] });
  const { id } = await engine.everTask.dispatch(long, null);
  await engine.event((e) => e.kind === "started");
  assertEquals(await engine.everTask.cancel(id), "requested");
  assertEquals((await engine.ended(id)).kind, "cancelled");
  assert(reason instanceof TaskCancelledError);
  assertEquals((await engine.everTask.get(id))!.status, "Cancelled");
});

Deno.test("stop() lets a running handler finish, and gives back tasks that have not started", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => release = resolve);
  const slow = defineTask<number>({ type: "slow", handle: () => held });
  const database = new MemoryDatabase();
  const engine = await startEngine({
    storage: memoryStorage({ database }),
    tasks: [slow],
    queues: { default: { parallelism: 1 } },
  });
  const { everTask } = engine;
  const results = await everTask.dispatchMany(slow, [1, 2, 3]);
  const { taskId } = await engine.event((e) => e.kind === "started");
  const stopped = everTask.stop();
  release();
  await stopped;
  await everTask.stop();
  assertEquals(taskId, results[0]!.id);
  const records = await readAll(database, results);
  assertEquals(records.map(({ status }) => status), ["Completed", "Queued", "Queued"]);
  assertEquals(records.map(({ attempt }) => attempt), [1, 0, 0]);
  assertEquals(records.map(({ workerId }) => workerId), [null, null, null]);
});

Deno.test("stop() aborts handlers after its timeout: their tasks become ServiceStopped and due again, and the attempt does not count", async () => {
  const long = defineTask<null>({ type: "long", handle: (_, { signal }) => untilAborted(signal) });
  const database = new MemoryDatabase();
  const engine = await startEngine({ storage: memoryStorage({ database }), tasks: [long] });
  const result = await engine.everTask.dispatch(long, null);
  await engine.event((e) => e.kind === "started");
  await engine.everTask.stop({ timeout: 10 });
  const record = (await readAll(database, [result]))[0]!;
  assertEquals([record.status, record.attempt, record.workerId], ["ServiceStopped", 0, null]);
  assert(record.dueAt !== null);
});

Deno.test("log lines of handlers are forwarded, and stored if persistent logging is on", async () => {
  const lines: string[] = [];
  const talkative = defineTask<null>({
    type: "talkative",
    retry: linearRetry(1, 1),
    handle(_, { log, attempt }: TaskContext) {
      log.debug("attempt {attempt} begins", { attempt });
      log.info("half way");
      if (attempt === 1) throw new Error("once more");
    },
  });
  const forward = (message: string) => void lines.push(message);
  const quiet = () => {};
  const logger = { trace: quiet, debug: forward, info: forward, warn: quiet, error: quiet };
  const database = new MemoryDatabase();
  const engine = await startEngine({
    storage: memoryStorage({ database }),
    tasks: [talkative],
    logger,
    persistentLogs: true,
  });
  const { id } = await engine.everTask.dispatch(talkative, null);
  await engine.ended(id);
  await engine.everTask.stop();
  await using reader = createEverTask({ storage: memoryStorage({ database }), tasks: [] });
  const stored = (await reader.executionLogs(id)).items;
  assertEquals(stored.map(({ sequence, level, message }) => [sequence, level, message]), [
    [1, "Information", "half way"],
    [2, "Information", "half way"],
  ]);
  assertEquals(lines.filter((line) => line.startsWith("attempt")).length, 2);
});

Deno.test("stop() waits for subscribers, but not for one that hangs", async () => {
  const clock = new FakeClock();
  const seen: string[] = [];
  const task = defineTask<null>({ type: "task", handle() {} });
  const storage = memoryStorage({ clock });
  const everTask = createEverTask({ storage, tasks: [task], clock, logger: silentLogger });
  everTask.events.subscribe(async ({ kind }) => {
    await Promise.resolve();
    seen.push(kind);
  });
  everTask.events.subscribe(() => new Promise(() => {}));
  await everTask.start();
  await everTask.dispatch(task, null);
  let isStopped = false;
  const stopped = everTask.stop().finally(() => isStopped = true);
  for (let turn = 0; turn < 100 && !isStopped; turn++) await clock.advance(100);
  assertEquals(isStopped, true);
  await stopped;
  assertEquals(seen, ["dispatched", "started", "completed"]);
});

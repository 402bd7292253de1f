// Tests the log entries of failing tasks.

import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  createEverTask,
  defineTask,
  InvalidArgumentError,
  linearRetry,
  type LogProperties,
  NonRetryableError,
  noRetry,
  RetryLater,
  silentLogger,
  type Task,
  type TaskSettings,
  TimeoutError,
} from "../../../mod.ts";
import { memoryStorage } from "../../../drivers/memory/mod.ts";
import { startEngine } from "../../support/engine.ts";
import { Fleet } from "../../support/fleet.ts";
import { stub } from "../../support/stub.ts";

type Line = [level: "warn" | "error", message: string, properties: LogProperties];

/** Runs a task to its end; resolves with its id and the log. */
async function run(task: Task<void>): Promise<{ id: string; lines: Line[] }> {
  const lines: Line[] = [];
  const note = (level: Line[0]) => (message: string, properties: LogProperties = {}) =>
    void lines.push([level, message, properties]);
  const logger = { ...silentLogger, warn: note("warn"), error: note("error") };
  await using engine = await startEngine({ tasks: [task], logger });
  const { id } = await engine.everTask.dispatch(task, undefined, { taskKey: "key" });
  await engine.ended(id);
  await engine.everTask.stop();
  return { id, lines };
}

function failing(settings: Partial<TaskSettings>, handle: () => void | Promise<void>): Task<void> {
  return defineTask<void>({ type: "failing", retry: linearRetry(2, 1), ...settings, handle });
}

const refuse = () => {
  throw new RangeError("too far");
};

Deno.test("each retry is a warning and the last failure an error, with id, type, attempt and error", async () => {
  const { id, lines } = await run(failing({}, refuse));
  assertEquals(lines.map(([level, , { attempt, delayMs }]) => [level, attempt, delayMs]), [
    ["warn", 1, 1],
    ["warn", 2, 1],
    ["error", 3, undefined],
  ]);
  for (const [, message, { error, ...properties }] of lines) {
    const { taskId, taskType, queue, taskKey } = properties;
    assertEquals([taskId, taskType, queue, taskKey], [id, "failing", "default", "key"]);
    assert(error instanceof RangeError);
    for (const name of ["taskId", "taskType", "attempt", "error"]) {
      assert(message.includes(`{${name}}`), message);
    }
  }
});

const amounts: [TaskSettings["logFailures"] & string, levels: string[]][] = [
  ["all", ["warn", "warn", "error"]],
  ["final", ["error"]],
  ["none", []],
];

for (const [logFailures, levels] of amounts) {
  Deno.test(`logFailures of a task selects what is logged: ${logFailures}`, async () => {
    const { lines } = await run(failing({ logFailures }, refuse));
    assertEquals(lines.map(([level]) => level), levels);
  });
}

Deno.test("an unknown value of logFailures is rejected", () => {
  const settings = { logFailures: "some" } as unknown as TaskSettings;
  assertThrows(() => failing(settings, refuse), InvalidArgumentError, "logFailures");
});

Deno.test("a timeout is logged as a TimeoutError, with the handler's error as its cause", async () => {
  const { lines } = await run(defineTask<void>({
    type: "failing",
    timeout: 20,
    retry: noRetry(),
    handle: (_, { signal }) =>
      new Promise((_, reject) =>
        signal.addEventListener("abort", () => reject(new Error("gave up")))
      ),
  }));
  const [[level, , { error }]] = lines as [Line];
  assertEquals([level, (error as Error).name], ["error", new TimeoutError(1).name]);
  assertEquals(((error as Error).cause as Error).message, "gave up");
});

Deno.test("a non-retryable error is logged once, and RetryLater is not logged", async () => {
  const fatal = () => Promise.reject(new NonRetryableError("no such account"));
  assertEquals((await run(failing({}, fatal))).lines.map(([level]) => level), ["error"]);
  let calls = 0;
  const later = () => {
    if (calls++ === 0) throw new RetryLater(1);
  };
  assertEquals((await run(failing({}, later))).lines, []);
});

Deno.test("the default logger writes a task that fails permanently to the console, with its stack", async () => {
  const said: string[] = [];
  const say = (text: string) => void said.push(text);
  using _warnings = stub(console, "warn", say);
  using _errors = stub(console, "error", say);
  const task = failing({ retry: linearRetry(1, 1) }, refuse);
  const everTask = createEverTask({ storage: memoryStorage(), tasks: [task] });
  const ended = new Promise((resolve) => everTask.events.subscribe(resolve, { kinds: ["failed"] }));
  await everTask.start();
  const { id } = await everTask.dispatch(task);
  await ended;
  await everTask.stop();
  const [warning, error] = said as [string, string];
  assertEquals(
    warning,
    `[EverTask] Attempt 1 of task ${id} (failing) failed; the next one is due in 1 ms: RangeError: too far`,
  );
  const [head, frame] = error.split("\n");
  assertEquals(head, `[EverTask] Task ${id} (failing) failed at attempt 2: RangeError: too far`);
  assert(frame!.includes("failure_log_test.ts"));
  assertEquals(said.length, 2);
});

Deno.test('a task that is lost too often is logged as failed, unless its logFailures is "none"', async () => {
  await using fleet = new Fleet();
  const tasks = [
    defineTask<null>({ type: "quiet", logFailures: "none", handle() {} }),
    defineTask<null>({ type: "loud", logFailures: "final", handle() {} }),
  ];
  const web = fleet.create({ tasks });
  const ids = [];
  for (const task of tasks) ids.push((await web.dispatch(task, null)).id);
  const storage = await fleet.storage();
  await storage.registerWorker({ id: "dead", host: "elsewhere" });
  const queues = [{ name: "default", limit: 2 }];
  await storage.claim({ workerId: "dead", types: ["quiet", "loud"], queues });
  for (const id of ids) await storage.setStatus(id, "InProgress", null, "Full");
  await storage.unregisterWorker("dead");
  await fleet.start({ tasks, poisonLimit: 0 });
  await fleet.pass(1_000, 100);
  const failures = fleet.log.filter((line) => line.startsWith("error: "));
  assertEquals(failures.length, 1, failures.join("\n"));
  assertStringIncludes(failures[0]!, `Task ${ids[1]} (loud) failed`);
  for (const id of ids) assertEquals((await web.get(id))!.status, "Failed");
});

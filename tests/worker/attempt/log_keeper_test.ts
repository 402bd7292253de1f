// Tests the limit of stored log lines of a run, over all its attempts in any process.

import { assertEquals } from "@std/assert";
import { createEverTask, defineTask, linearRetry, noRetry, silentLogger } from "../../../mod.ts";
import { MemoryDatabase, memoryStorage } from "../../../drivers/memory/mod.ts";
import { FakeClock } from "../../../src/testing/mod.ts";
import type { TaskContext } from "../../../src/task/task.ts";
import { startEngine } from "../../support/engine.ts";
import { Faults } from "../../support/faulty_storage.ts";
import { Fleet, gate } from "../../support/fleet.ts";

const persistentLogs = { maxLinesPerRun: 5 };

function logThree({ attempt, run, log }: TaskContext): void {
  const name = run === null ? `attempt ${attempt}` : `run ${run.number}, attempt ${attempt}`;
  for (let line = 1; line <= 3; line++) log.info("{name}: {line}", { name, line });
}

/**
 * Returns the run and the text of each stored line of a task. Called after the worker has stopped,
 * so that all lines are stored.
 */
async function storedLines(database: MemoryDatabase, taskId: string) {
  const storage = memoryStorage({ database });
  await storage.open();
  const { items } = await storage.executionLogs(taskId);
  await storage.close();
  return items.map(({ run, message }) => [run, message]);
}

const dropped = (count: number) =>
  `${count} more lines were dropped: the limit of a run is reached.`;

Deno.test("the attempts of a run share its limit of stored lines", async () => {
  const database = new MemoryDatabase();
  const task = defineTask<null>({
    type: "task",
    retry: linearRetry(3, 0),
    handle(_, context) {
      logThree(context);
      throw new Error("again");
    },
  });
  const storage = memoryStorage({ database });
  const engine = await startEngine({ storage, tasks: [task], persistentLogs });
  const { id } = await engine.everTask.dispatch(task, null);
  await engine.ended(id);
  await engine.everTask.stop();
  assertEquals(await storedLines(database, id), [
    [1, "attempt 1: 1"],
    [1, "attempt 1: 2"],
    [1, "attempt 1: 3"],
    [1, "attempt 2: 1"],
    [1, "attempt 2: 2"],
    [1, dropped(1)],
    [1, dropped(3)],
    [1, dropped(3)],
  ]);
});

Deno.test("an attempt in another process counts the stored lines of the previous attempt", async () => {
  const database = new MemoryDatabase();
  const task = defineTask<null>({
    type: "task",
    async handle(_, context) {
      logThree(context);
      if (isFirst) {
        await new Promise((_, reject) => {
          context.signal.addEventListener("abort", () => reject(context.signal.reason));
        });
      }
    },
  });
  let isFirst = true;
  const options = { tasks: [task], persistentLogs };
  const first = await startEngine({ ...options, storage: memoryStorage({ database }) });
  const { id } = await first.everTask.dispatch(task, null);
  await first.event(({ kind }) => kind === "started");
  await first.everTask.stop({ timeout: 0 });
  isFirst = false;
  const second = await startEngine({ ...options, storage: memoryStorage({ database }) });
  await second.ended(id);
  await second.everTask.stop();
  assertEquals((await storedLines(database, id)).map(([, message]) => message), [
    "attempt 1: 1",
    "attempt 1: 2",
    "attempt 1: 3",
    "attempt 1: 1",
    "attempt 1: 2",
    dropped(1),
  ]);
});

Deno.test("each run of a series has its own limit of stored lines", async () => {
  const clock = new FakeClock();
  const database = new MemoryDatabase({ clock });
  const task = defineTask<null>({
    type: "task",
    retry: linearRetry(1, 0),
    handle(_, context) {
      logThree(context);
      if (context.attempt === 1) throw new Error("again");
    },
  });
  const storage = memoryStorage({ database });
  const everTask = createEverTask({
    storage,
    tasks: [task],
    clock,
    logger: silentLogger,
    persistentLogs,
  });
  await everTask.start();
  const { id } = await everTask.dispatch(task, null, {
    recurring: (r) => r.every(5).seconds().maxRuns(2),
  });
  const ended = Promise.withResolvers<void>();
  let runs = 0;
  everTask.events.subscribe(() => void (++runs === 2 && ended.resolve()), { kinds: ["completed"] });
  let isEnded = false;
  void ended.promise.then(() => isEnded = true);
  for (let turn = 0; turn < 60 && !isEnded; turn++) await clock.advance(1_000);
  assertEquals(isEnded, true);
  await everTask.stop();
  const linesOf = (run: number) => [
    [run, `run ${run}, attempt 1: 1`],
    [run, `run ${run}, attempt 1: 2`],
    [run, `run ${run}, attempt 1: 3`],
    [run, `run ${run}, attempt 2: 1`],
    [run, `run ${run}, attempt 2: 2`],
    [run, dropped(1)],
  ];
  assertEquals(await storedLines(database, id), [...linesOf(1), ...linesOf(2)]);
});

Deno.test("log lines of hooks are stored, too, within the limit of the run", async () => {
  const database = new MemoryDatabase();
  const task = defineTask<null>({
    type: "task",
    retry: noRetry(),
    onStarted: ({ log }) => log.info("onStarted"),
    handle(_, context) {
      logThree(context);
      throw new Error("never");
    },
    onError({ log }) {
      log.warn("onError: 1");
      log.warn("onError: 2");
    },
  });
  const storage = memoryStorage({ database });
  const engine = await startEngine({ storage, tasks: [task], persistentLogs });
  const { id } = await engine.everTask.dispatch(task, null);
  await engine.ended(id);
  await engine.everTask.stop();
  assertEquals((await storedLines(database, id)).map(([, message]) => message), [
    "onStarted",
    "attempt 1: 1",
    "attempt 1: 2",
    "attempt 1: 3",
    "onError: 1",
    dropped(1),
  ]);
});

Deno.test("two attempts whose lines are stored in one write share the limit of their run", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  const stored = gate();
  const other = defineTask<null>({ type: "other", handle: (_, { log }) => log.info("other") });
  const task = defineTask<null>({
    type: "task",
    retry: linearRetry(1, 0),
    handle(_, context) {
      logThree(context);
      throw new Error("again");
    },
  });
  faults.rule = (verb) =>
    verb === "saveExecutionLogs" && faults.calls.get(verb) === 1
      ? { heldUntil: stored.opened }
      : null;
  const everTask = await fleet.start({ tasks: [task, other], persistentLogs, wrap: faults.wrap });
  await everTask.dispatch(other, null);
  await fleet.settle();
  const { id } = await everTask.dispatch(task, null);
  await fleet.pass(10);
  assertEquals(fleet.kinds(id).at(-1), "failed");
  stored.open();
  await fleet.settle();
  assertEquals(faults.calls.get("saveExecutionLogs"), 2);
  const { items } = await everTask.executionLogs(id);
  assertEquals(items.map(({ message }) => message), [
    "attempt 1: 1",
    "attempt 1: 2",
    "attempt 1: 3",
    "attempt 2: 1",
    "attempt 2: 2",
    dropped(1),
  ]);
});

Deno.test("two tasks whose lines are stored in one write have separate limits", async () => {
  await using fleet = new Fleet();
  const faults = new Faults();
  const stored = gate();
  const task = defineTask<null>({ type: "task", handle: (_, context) => logThree(context) });
  faults.rule = (verb) =>
    verb === "saveExecutionLogs" && faults.calls.get(verb) === 1
      ? { heldUntil: stored.opened }
      : null;
  const everTask = await fleet.start({ tasks: [task], persistentLogs, wrap: faults.wrap });
  await everTask.dispatch(task, null);
  await fleet.settle();
  const results = await everTask.dispatchMany(task, [null, null]);
  await fleet.settle();
  stored.open();
  await fleet.settle();
  assertEquals(faults.calls.get("saveExecutionLogs"), 2);
  for (const { id } of results) {
    const { items } = await everTask.executionLogs(id);
    assertEquals(
      items.map(({ message }) => message),
      [1, 2, 3].map((line) => `attempt 1: ${line}`),
    );
  }
});

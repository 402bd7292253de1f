// A module that is evaluated again, as by hot reload, leaves no second worker behind.

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createEverTask, defineTask, InvalidArgumentError, silentLogger } from "../../../mod.ts";
import type { Storage } from "../../../src/storage/mod.ts";
import { MemoryDatabase, memoryStorage } from "../../../drivers/memory/mod.ts";
import { sqliteStorage } from "../../../drivers/sqlite/mod.ts";
import { nextMacrotask } from "../../../src/time/macrotask.ts";
import { until } from "../../support/until.ts";
import { world } from "./world.ts";

type Module = typeof import("./reloaded_module.ts");

/** Evaluates the module once more. */
function evaluate(): Promise<Module> {
  return import(`./reloaded_module.ts?evaluation=${world.nextVersion}`);
}

let names = 0;

/** Begins a test: sets its database, and a singleton name that no other test has. */
function begin(connect: () => Storage): void {
  world.name = `test ${++names}`;
  world.connect = connect;
  world.duringRun = () => Promise.resolve();
}

/** Creates a memory database, and returns a function that connects a new storage to it. */
function sharedMemory(): () => Storage {
  const database = new MemoryDatabase();
  return () => memoryStorage({ database });
}

Deno.test("of five evaluations only the last one runs tasks, and one worker is registered", async () => {
  const connect = sharedMemory();
  begin(connect);
  const modules: Module[] = [];
  for (let n = 0; n < 5; n++) {
    const module = await evaluate();
    await module.everTask.start();
    modules.push(module);
  }
  const last = modules.at(-1)!;
  for (let n = 0; n < 20; n++) await last.dispatchGreeting(`${n}`);
  await until(() => last.evaluation.ran.length === 20, "all have run");
  assertEquals(modules.map(({ evaluation }) => evaluation.ran.length), [0, 0, 0, 0, 20]);
  assertEquals((await last.everTask.workers({ includeLost: true })).length, 1);
  await last.everTask.stop();
});

Deno.test("calls of an older instance are forwarded to the newest", async () => {
  begin(sharedMemory());
  const first = await evaluate();
  await first.everTask.start();
  const [second, third] = [await evaluate(), await evaluate()];
  const { id } = await first.dispatchGreeting("from the first");
  await second.dispatchGreeting("from the second");
  await until(() => third.evaluation.ran.length === 2, "both have run");
  await until(async () => (await first.everTask.get(id))?.status === "Completed", "it completes");
  assertEquals((await second.everTask.list()).items.length, 2);
  assertEquals([first, second].map(({ evaluation }) => evaluation.ran.length), [0, 0]);
  assertEquals(first.everTask.workerId, third.everTask.workerId);
  await first.everTask.stop();
  await assertRejects(() => third.dispatchGreeting("too late"), Error, "stopped");
});

Deno.test("the new instance is started only if the previous one was", async () => {
  for (const isStarted of [true, false]) {
    begin(sharedMemory());
    const first = await evaluate();
    if (isStarted) await first.everTask.start();
    const second = await evaluate();
    const { id } = await second.dispatchGreeting("Ada");
    if (isStarted) await until(() => second.evaluation.ran.length === 1, "it has run");
    const expected = isStarted ? "Completed" : "Queued";
    await until(async () => (await second.everTask.get(id))?.status === expected, expected);
    assertEquals((await second.everTask.workers()).length, isStarted ? 1 : 0);
    await second.everTask.stop();
  }
});

Deno.test("a running handler ends within the grace period, or is aborted and its task runs again", async () => {
  begin(sharedMemory());
  const first = await evaluate();
  await first.everTask.start();
  let finish = () => {};
  world.duringRun = (name, signal) =>
    new Promise((resolve, reject) => {
      if (name === "ends") finish = resolve;
      else signal.addEventListener("abort", () => reject(signal.reason));
    });
  await first.dispatchGreeting("ends");
  const interrupted = await first.dispatchGreeting("is interrupted");
  await until(() => first.evaluation.ran.length === 2, "both run");
  world.duringRun = () => Promise.resolve();
  const second = await evaluate();
  finish();
  await until(() => second.evaluation.ran.length === 1, "it runs again");
  assertEquals(second.evaluation.ran, ["is interrupted"]);
  const status = async () => (await second.everTask.get(interrupted.id))?.status;
  await until(async () => await status() === "Completed", "it completes");
  assertEquals((await second.everTask.get(interrupted.id))!.attempt, 1);
  await second.everTask.stop();
});

Deno.test("the previous instance closes its storage before the next one opens its own", async () => {
  const folder = await Deno.makeTempDir();
  // Opening the file fails while another storage has it open.
  begin(() => sqliteStorage({ path: `${folder}/app.db`, exclusive: true }));
  let last = await evaluate();
  for (let n = 0; n < 4; n++) {
    await last.dispatchGreeting(`${n}`);
    if (n === 1) await last.everTask.start();
    last = await evaluate();
  }
  const completed = async () => (await last.everTask.statistics()).tasksByStatus.Completed;
  await until(async () => await completed() === 4, "all have run");
  await last.everTask.stop();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("the next instance waits until the previous one has closed its storage", async () => {
  const task = defineTask<null>({ type: "task", handle() {} });
  const order: string[] = [];
  const make = (name: string, mayClose: Promise<void>) => {
    const storage = memoryStorage();
    const { open, close } = storage;
    storage.open = () => {
      order.push(`${name} opens`);
      return open.call(storage);
    };
    storage.close = async () => {
      await mayClose;
      await close.call(storage);
      order.push(`${name} has closed`);
    };
    return createEverTask({ storage, tasks: [task], singleton: "in order", logger: silentLogger });
  };
  const { promise, resolve } = Promise.withResolvers<void>();
  await make("first", promise).dispatch(task, null);
  const next = make("next", Promise.resolve());
  const dispatched = next.dispatch(task, null);
  for (let turn = 0; turn < 5; turn++) await new Promise<void>((done) => nextMacrotask(done));
  assertEquals(order, ["first opens"]);
  resolve();
  await dispatched;
  await next.stop();
  assertEquals(order, ["first opens", "first has closed", "next opens", "next has closed"]);
});

Deno.test("instances with another name or without one are independent", async () => {
  const task = defineTask<null>({ type: "task", handle() {} });
  const connect = sharedMemory();
  const make = (options: { singleton?: string }) =>
    createEverTask({ storage: connect(), tasks: [task], logger: silentLogger, ...options });
  const instances = [make({}), make({ singleton: "left" }), make({ singleton: "alone" }), make({})];
  for (const everTask of instances) await everTask.start();
  assertEquals((await instances[0]!.workers()).length, 4);
  for (const everTask of instances) await everTask.stop();
});

Deno.test("an instance that cannot be created does not affect the previous one", async () => {
  const storage = memoryStorage();
  const singleton = "unharmed";
  const everTask = createEverTask({ storage, tasks: [], singleton, logger: silentLogger });
  await everTask.start();
  for (const options of [{ timeout: -1 }, { singleton: "" }, { singleton: 5 as never }]) {
    const make = () => createEverTask({ storage, tasks: [], singleton, ...options });
    assertThrows(make, InvalidArgumentError);
  }
  assertEquals((await everTask.workers()).length, 1);
  await everTask.stop();
});

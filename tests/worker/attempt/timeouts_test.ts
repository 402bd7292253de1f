// Tests timeouts, grace periods and handlers that do not stop, with a fake clock.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { defineTask, linearRetry, type TaskContext, TimeoutError } from "../../../mod.ts";
import { Fleet, gate, untilAborted } from "../../support/fleet.ts";

Deno.test("an attempt that exceeds its timeout gets its signal aborted, and fails with a TimeoutError", async () => {
  await using fleet = new Fleet();
  const reasons: unknown[] = [];
  const task = defineTask<null>({
    type: "slow",
    timeout: { seconds: 10 },
    handle: (_, { signal }) =>
      untilAborted(signal).catch((reason) => {
        reasons.push(reason);
        throw reason;
      }),
  });
  const everTask = await fleet.start({ tasks: [task] });
  const { id } = await everTask.dispatch(task, null);
  await fleet.pass(9_000, 3_000);
  assertEquals((await everTask.get(id))!.status, "InProgress");
  await fleet.pass(2_000, 500);
  const record = (await everTask.get(id))!;
  assertEquals([record.status, record.attempt], ["Failed", 1]);
  assertStringIncludes(record.exception!, "TimeoutError");
  assert(reasons[0] instanceof TimeoutError);
  assertEquals(reasons[0].timeoutMs, 10_000);
  assertEquals(fleet.kinds(id), ["dispatched", "started", "timeout", "failed"]);
});

Deno.test("a timeout is retried if the policy handles it, and its cause is the error of the handler", async () => {
  await using fleet = new Fleet();
  const attempts: number[] = [];
  const task = defineTask<null>({
    type: "slow",
    timeout: 1_000,
    retry: linearRetry(1, 500).handle(TimeoutError),
    async handle(_, { signal, attempt }) {
      attempts.push(attempt);
      await untilAborted(signal).catch(() => {
        throw new Error("gave up on the download");
      });
    },
  });
  const everTask = await fleet.start({ tasks: [task] });
  const { id } = await everTask.dispatch(task, null);
  await fleet.pass(5_000, 250);
  const record = (await everTask.get(id))!;
  assertEquals([record.status, attempts], ["Failed", [1, 2]]);
  assertStringIncludes(record.exception!, "exceeded its timeout of 1000 ms");
  assertStringIncludes(record.exception!, "gave up on the download");
});

Deno.test("the timeout of a task overrides that of its queue, which overrides that of the instance", async () => {
  await using fleet = new Fleet();
  const ended = new Map<string, number>();
  const note = async ({ taskType, signal }: TaskContext) => {
    await untilAborted(signal).catch(() => ended.set(taskType, fleet.clock.monotonic() - started));
  };
  const tasks = [
    defineTask<null>({ type: "own", queue: "quick", timeout: 1_000, handle: (_, c) => note(c) }),
    defineTask<null>({ type: "queues", queue: "quick", handle: (_, c) => note(c) }),
    defineTask<null>({ type: "instances", handle: (_, c) => note(c) }),
  ];
  const everTask = await fleet.start({
    tasks,
    queues: { quick: { timeout: 2_000 } },
    timeout: 3_000,
  });
  const started = fleet.clock.monotonic();
  for (const task of tasks) await everTask.dispatch(task, null);
  await fleet.pass(4_000, 500);
  assertEquals([...ended], [["own", 1_000], ["queues", 2_000], ["instances", 3_000]]);
});

Deno.test("a task is Completed if its handler returns normally after the timeout", async () => {
  await using fleet = new Fleet();
  const task = defineTask<null>({
    type: "slow",
    timeout: 1_000,
    handle: async (_, { signal }) => await untilAborted(signal).catch(() => {}),
  });
  const everTask = await fleet.start({ tasks: [task] });
  const { id } = await everTask.dispatch(task, null);
  await fleet.pass(2_000, 500);
  assertEquals((await everTask.get(id))!.status, "Completed");
});

for (const late of ["success", "failure"] as const) {
  Deno.test(`a handler that ignores its signal is stuck: its slot is free, and its late ${late} changes nothing`, async () => {
    await using fleet = new Fleet();
    const release = gate();
    let ran = 0;
    const task = defineTask<string>({
      type: "slow",
      timeout: 1_000,
      async handle(name) {
        ran++;
        if (name !== "stuck") return;
        await release.opened;
        if (late === "failure") throw new Error("much later");
      },
    });
    const everTask = await fleet.start({
      tasks: [task],
      abortGrace: 2_000,
      queues: { default: { parallelism: 1 } },
    });
    const { id } = await everTask.dispatch(task, "stuck");
    const { id: next } = await everTask.dispatch(task, "next");
    await fleet.pass(2_500, 250);
    assertEquals(ran, 1);
    await fleet.pass(1_500, 250);
    assertEquals(fleet.kinds(id), ["dispatched", "started", "timeout", "stuck", "failed"]);
    assertEquals((await everTask.get(next))!.status, "Completed");
    const before = [(await everTask.get(id))!, await fleet.trail(id), fleet.kinds()];
    release.open();
    await fleet.pass(10_000, 1_000);
    assertEquals([(await everTask.get(id))!, await fleet.trail(id), fleet.kinds()], before);
    assertEquals(before[1], ["Queued", "InProgress", "Failed"]);
  });
}

Deno.test("a task that waits for its retry has no slot and no claim, and continues elsewhere after a restart", async () => {
  await using fleet = new Fleet();
  const attempts: number[] = [];
  const task = defineTask<null>({
    type: "flaky",
    retry: linearRetry(5, { minutes: 1 }),
    handle(_, { attempt }) {
      attempts.push(attempt);
      if (attempt < 3) throw new Error("busy");
    },
  });
  const first = await fleet.start({ tasks: [task], queues: { default: { parallelism: 1 } } });
  const { id } = await first.dispatch(task, null);
  await fleet.settle();
  const waiting = (await first.get(id))!;
  assertEquals([waiting.status, waiting.workerId, waiting.attempt], ["Pending", null, 1]);
  assertEquals(waiting.dueAt!.getTime(), fleet.clock.now() + 60_000);
  assertStringIncludes(waiting.exception!, "busy");
  await fleet.stop(first);
  const second = await fleet.start({ tasks: [task] });
  await fleet.pass(130_000, 10_000);
  assertEquals(attempts, [1, 2, 3]);
  assertEquals((await second.get(id))!.status, "Completed");
});

Deno.test("onRetry is called before each retry with attempt, error and delay; a call that hangs or throws causes no long delay", async () => {
  await using fleet = new Fleet();
  const calls: unknown[] = [];
  const task = defineTask<null>({
    type: "flaky",
    retry: linearRetry(2, [100, 200]),
    handle() {
      throw new Error("busy");
    },
    onRetry(_, attempt, error, delayMs) {
      calls.push([attempt, (error as Error).message, delayMs]);
      if (attempt === 1) throw new Error("a broken hook");
      return new Promise(() => {}); // a hook that hangs
    },
  });
  const everTask = await fleet.start({ tasks: [task], abortGrace: 1_000 });
  const { id } = await everTask.dispatch(task, null);
  await fleet.pass(3_000, 100);
  assertEquals(calls, [[1, "busy", 100], [2, "busy", 200]]);
  assertEquals((await everTask.get(id))!.status, "Failed");
});

Deno.test("the retry policy of a dispatch overrides those of the task, the queue and the instance, in this order", async () => {
  await using fleet = new Fleet();
  const attempts = new Map<string, number>();
  const handle = (_: null, { taskType, attempt }: TaskContext) => {
    attempts.set(taskType, attempt);
    throw new Error("busy");
  };
  const tasks = [
    defineTask<null>({ type: "dispatches", queue: "eager", retry: linearRetry(0, 1), handle }),
    defineTask<null>({ type: "own", queue: "eager", retry: linearRetry(0, 1), handle }),
    defineTask<null>({ type: "queues", queue: "eager", handle }),
    defineTask<null>({ type: "instances", handle }),
  ];
  const everTask = await fleet.start({
    tasks,
    queues: { eager: { retry: linearRetry(1, 1) } },
    retry: linearRetry(2, 1),
  });
  const [dispatched, ...others] = tasks;
  await everTask.dispatch(dispatched!, null, { retry: linearRetry(3, 1) });
  for (const task of others) await everTask.dispatch(task, null);
  await fleet.pass(100, 5);
  assertEquals([...attempts], [["dispatches", 4], ["own", 1], ["queues", 2], ["instances", 3]]);
});

Deno.test("a handler is not called once its attempt was given up while onStarted ran", async () => {
  await using fleet = new Fleet();
  const [hook, work] = [gate(), gate()];
  const ran: number[] = [];
  const task = defineTask<null>({
    type: "work",
    timeout: 1_000,
    retry: linearRetry(1, 0).handle(TimeoutError),
    onStarted: ({ attempt }) => attempt === 1 ? hook.opened : undefined,
    handle: (_, { attempt }) => {
      ran.push(attempt);
      return work.opened;
    },
  });
  const everTask = await fleet.start({ tasks: [task], abortGrace: 1_000 });
  await everTask.dispatch(task, null);
  await fleet.pass(2_500, 100);
  assertEquals(ran, [2]);
  hook.open();
  await fleet.settle();
  assertEquals(ran, [2]);
  work.open();
});

// Tests callbacks of the application that throw, reject or hang. Tasks, heartbeats and the stop do
// not depend on them.

import { assert, assertEquals } from "@std/assert";
import type { FillRandom } from "../../../src/storage/mod.ts";
import {
  createEverTask,
  defineTask,
  type EverTaskOptions,
  linearRetry,
  type Logger,
  type RateLimitOptions,
  type RetryPolicy,
  silentLogger,
  type TaskHandler,
} from "../../../mod.ts";
import type { Instrumentation } from "../../../src/monitor/mod.ts";
import { memoryStorage } from "../../../drivers/memory/mod.ts";
import { startEngine } from "../../support/engine.ts";
import { until } from "../../support/until.ts";
import { stub } from "../../support/stub.ts";

const fault = () => new Error("a callback of the application failed");

const leaseMs = 600;

/** The ways in which a function fails. */
const failures: Readonly<Record<string, () => unknown>> = {
  throws: () => {
    throw fault();
  },
  rejects: () => Promise.reject(fault()),
  "throws a value that cannot be read": () => {
    throw new Proxy({}, { get: () => fault(), getPrototypeOf: () => (fault(), {}) });
  },
};

interface Callbacks {
  readonly handler?: Partial<TaskHandler<number>>;
  readonly rateLimit?: RateLimitOptions<number>;
  readonly retry?: RetryPolicy;
  readonly options?: Partial<EverTaskOptions>;
  readonly subscriber?: () => void;
}

type Fail = () => never;

/**
 * The callbacks, all of which fail. `handled` counts the calls of the handler, which fails its
 * first attempt.
 */
const places: [name: string, handled: number, make: (fail: Fail) => Callbacks][] = [
  ["the logger", 2, (fail) => ({
    handler: { onCompleted: ({ log }) => log.info("done") },
    options: { logger: { trace: fail, debug: fail, info: fail, warn: fail, error: fail } },
  })],
  [
    "the clock",
    2,
    (fail) => ({ options: { clock: { now: fail, monotonic: fail, setTimer: fail } } }),
  ],
  ["the source of randomness", 2, (fail) => ({ options: { random: fail as FillRandom } })],
  ["the instrumentation", 2, (fail) => ({
    options: { instrumentation: { dispatch: fail, run: fail } as Instrumentation },
  })],
  ["one of several instrumentations", 2, (fail) => ({
    options: {
      instrumentation: [
        { dispatch: (_, store) => store(null), run: (_, execute) => execute() },
        { dispatch: fail, run: fail } as Instrumentation,
      ],
    },
  })],
  ["the key of a rate limit", 2, (fail) => ({
    rateLimit: { permits: 100, period: { seconds: 1 }, key: fail },
  })],
  ["a hook before the attempt", 2, (fail) => ({ handler: { onStarted: fail } })],
  ["a hook after the completion", 2, (fail) => ({ handler: { onCompleted: fail } })],
  ["a hook before the retry", 2, (fail) => ({ handler: { onRetry: fail } })],
  ["a subscriber", 2, (fail) => ({ subscriber: fail })],
  // Without a decision about a retry, the task fails with its own error.
  ["the retry policy", 1, (fail) => ({ retry: { nextDelay: fail } })],
  ["the predicate of a retry policy", 1, (fail) => ({ retry: linearRetry(1, 0).handleWhen(fail) })],
];

for (const [place, handled, make] of places) {
  for (const [how, fail] of Object.entries(failures)) {
    Deno.test(`tasks run, and the worker sends heartbeats and stops, if ${place} ${how}`, async () => {
      const said: string[] = [];
      using _console = stub(console, "error", (text: string) => void said.push(text));
      const { handler, rateLimit, retry = linearRetry(1, 0), options, subscriber } = make(
        fail as Fail,
      );
      let calls = 0;
      const task = defineTask<number>({
        type: "task",
        retry,
        handle() {
          if (calls++ === 0) throw new RangeError("the first attempt");
        },
        ...handler,
        ...(rateLimit === undefined ? {} : { rateLimit }),
      });
      await using engine = await startEngine({
        tasks: [task],
        leaseDuration: leaseMs,
        ...options,
      });
      const { everTask } = engine;
      if (subscriber) everTask.events.subscribe(subscriber);
      const { id } = await everTask.dispatch(task, 1);
      const { kind, exception } = await engine.ended(id);
      assertEquals([kind, calls], [handled === 2 ? "completed" : "failed", handled]);
      if (handled === 1) assert(exception!.includes("\nRangeError: the first attempt"));

      // The worker keeps its id for longer than a lease.
      const { workerId } = everTask;
      // On a busy machine, a heartbeat may come after the lease.
      const [before] = await everTask.workers({ includeLost: true });
      await until(async () => {
        const [worker] = await everTask.workers({ includeLost: true });
        return worker!.heartbeatAt.getTime() > before!.heartbeatAt.getTime() + leaseMs;
      }, "the worker has sent heartbeats for longer than its lease");
      const next = await everTask.dispatch(task, 2);
      assertEquals((await engine.ended(next.id)).kind, "completed");
      assertEquals(everTask.workerId, workerId);
      await everTask.stop();
      assertEquals((await engine.ended(id)).kind, kind);
      // Every failure is logged: by the logger or, if that fails, on the console.
      assert([...engine.complaints, ...said].length > 0);
    });
  }
}

Deno.test("a task whose timeout has become invalid fails, and other tasks of its queue run", async () => {
  const definition: { type: string; timeout: number; handle(): void } = {
    type: "changed",
    timeout: 1000,
    handle() {},
  };
  const changed = defineTask<void>({ retry: linearRetry(0, 0), ...definition });
  const other = defineTask({ type: "other", handle() {} });
  await using engine = await startEngine({
    tasks: [changed, other],
    queues: { default: { parallelism: 1 } },
  });
  Object.assign(changed, { timeout: -1 });
  const first = await engine.everTask.dispatch(changed);
  const second = await engine.everTask.dispatch(other);
  const { kind, exception } = await engine.ended(first.id);
  assertEquals(kind, "failed");
  assert(exception!.includes("timeout is -1"));
  assertEquals((await engine.ended(second.id)).kind, "completed");
});

Deno.test("dispatch rejects and stores nothing if its recurring builder throws or is async", async () => {
  const task = defineTask({ type: "task", handle() {} });
  const everTask = createEverTask({
    storage: memoryStorage(),
    tasks: [task],
    logger: silentLogger,
  });
  for (const fail of Object.values(failures)) {
    const recurring = fail as () => never;
    const outcome = await everTask.dispatch(task, undefined, { recurring }).then(
      () => "stored",
      () => "rejected",
    );
    assertEquals(outcome, "rejected");
  }
  assertEquals((await everTask.list()).items, []);
  await everTask.stop();
});

Deno.test("nothing waits for a logger whose methods return promises that never settle", async () => {
  const never = () => new Promise<never>(() => {}) as never;
  const logger: Logger = { trace: never, debug: never, info: never, warn: never, error: never };
  const task = defineTask({
    type: "task",
    handle: (_, { log }) => log.error("waiting for no result"),
  });
  await using engine = await startEngine({ tasks: [task], logger });
  const { id } = await engine.everTask.dispatch(task);
  assertEquals((await engine.ended(id)).kind, "completed");
});

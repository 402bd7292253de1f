// Tests simulate(), which runs the tasks of an application in a simulation.

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { MemoryDatabase, memoryStorage } from "../../../drivers/memory/mod.ts";
import { type AnyTask, defineTask, linearRetry, noRetry, RetryLater } from "../../../mod.ts";
import { simulate, type SimulateOptions, SimulationError } from "../../../src/testing/mod.ts";
import type { Clock } from "../../../src/time/clock.ts";
import { faults, faultyStore } from "./faulty_stores.ts";

const storage = (clock: Clock) => {
  const database = new MemoryDatabase({ clock });
  return () => memoryStorage({ database });
};

/** Runs a simulation, and returns the error with which it rejects. */
async function faultOf<World>(options: SimulateOptions<World>): Promise<SimulationError> {
  return await assertRejects(() => simulate(options), SimulationError);
}

/** Options for an application whose handler records each of its runs in the world. */
function counting(seeds = 100): SimulateOptions<string[]> {
  const count = defineTask<string>({ type: "count", handle() {} });
  return {
    storage,
    setUp: () => [],
    tasks: ({ world, sleep }) => [
      defineTask<string>({
        type: "count",
        async handle(what) {
          world.push(what);
          await sleep(200);
        },
      }),
    ],
    scenario: Object.fromEntries(
      ["one", "two", "three"].map((
        name,
      ) => [name, ({ everTask }) => everTask.dispatch(count, name)]),
    ),
    check: ({ world }) => assertEquals(new Set(world).size, world.length, "counted twice"),
    seeds,
  };
}

Deno.test("a simulation finds a handler whose effects are doubled by a crash", async () => {
  const error = await faultOf(counting());
  assertStringIncludes(error.message, `Seed ${error.seed} has found a fault.`);
  assertStringIncludes(error.message, "counted twice");
  assert((error.cause as Error).message.includes("counted twice"));
  const acts = error.message.split("\n").filter((line) =>
    /machine \d: (one|two|three)$/.test(line)
  );
  assertEquals(acts.length, 1, "one task is enough");
  assert(error.history.split("\n").length < 60);
});

Deno.test("the same seed gives the same run, alone and after others", async () => {
  const error = await faultOf(counting());
  const again = await faultOf({ ...counting(1), firstSeed: error.seed });
  assertEquals(again.message, error.message);
  assertEquals((await faultOf(counting())).message, error.message);
});

Deno.test("a simulation of an application also finds faults of the store", async () => {
  const { check: _, ...options } = counting();
  await simulate({ ...options, seeds: 10 });
  const retried = defineTask<string>({
    type: "count",
    retry: linearRetry(5, 300),
    async handle(_, { attempt }) {
      if (attempt === 1) await Promise.reject(new Error("It is busy."));
    },
  });
  const broken = faultyStore(faults["a retry is due at once"]!);
  const { broken: [line] } = await faultOf({ ...options, tasks: [retried], storage: broken });
  assertStringIncludes(line!, "not so: ");
});

Deno.test("the error says if a fault does not happen again with the same seed", async () => {
  let runs = 0;
  const error = await faultOf({
    ...counting(1),
    check: () => assert(++runs > 1, "the first run is special"),
  });
  assertStringIncludes(error.message, "It did not happen again with the same seed");
});

Deno.test("in a simulation, the answer of a called service may be lost", async () => {
  const { message } = await faultOf<{ asked: number; answered: number }>({
    storage,
    setUp: () => ({ asked: 0, answered: 0 }),
    tasks: ({ call, world }) => [defineTask<null>({
      type: "count",
      async handle() {
        await call(() => void world.asked++);
        world.answered++;
      },
    })],
    scenario: { go: ({ everTask }) => everTask.dispatch({ type: "count", handle() {} }, null) },
    check: ({ world: { asked, answered } }) => assertEquals(asked, answered),
  });
  assertStringIncludes(message, "a service");
});

/** The tasks of an application that uses many features. */
const everything: readonly AnyTask[] = [
  defineTask<null>({
    type: "plain",
    handle: async (_, { dispatch }) => void await dispatch(late, null),
  }),
  defineTask<null>({
    type: "late",
    retry: linearRetry(2, 500),
    handle(_, { attempt, log }) {
      log.info("attempt {attempt}", { attempt });
      if (attempt === 1) throw new RetryLater({ milliseconds: 700 });
      if (attempt === 2) throw undefined;
    },
    onRetry() {},
    onCompleted() {},
  }),
  defineTask<null>({ type: "failing", retry: noRetry(), handle: () => Promise.reject("no") }),
  defineTask<null>({
    type: "hanging",
    timeout: { seconds: 1 },
    retry: noRetry(),
    handle: () => new Promise(() => {}),
  }),
  ...(["Discard", "WaitForCapacity"] as const).map((overflow) =>
    defineTask<null>({
      type: overflow,
      rateLimit: { permits: 2, period: { seconds: 3 }, overflow, burst: 1, key: () => "a key" },
      handle() {},
    })
  ),
];
const late = everything[1]!;

Deno.test("the engine keeps its promises for an application that uses many features", async () => {
  const dispatch = (type: string) => ({ everTask }: { everTask: { dispatch: unknown } }) =>
    (everTask.dispatch as (task: unknown, payload: null) => unknown)({ type, handle() {} }, null);
  await simulate({
    storage,
    tasks: everything,
    settings: {
      persistentLogs: true,
      queues: { default: { parallelism: 2 }, slow: { parallelism: 1 } },
      retention: { statusAuditDays: 1 },
    },
    scenario: {
      plain: dispatch("plain"),
      ...Object.fromEntries(
        ["failing", "hanging", "Discard", "WaitForCapacity"].flatMap((type) =>
          [1, 2, 3, 4].map((n) => [`${type} ${n}`, dispatch(type)])
        ),
      ),
      series: ({ everTask }) =>
        everTask.dispatch(late, null, {
          taskKey: "series",
          recurring: (r) => r.every(3).seconds(),
        }),
      "later": async ({ everTask }) => {
        const { id } = await everTask.dispatch(late, null, { delay: { hours: 2 } });
        await everTask.dispatch(late, null, { delay: { seconds: 2 }, queue: "slow", priority: 3 });
        if (id.endsWith("0")) await everTask.cancel(id);
      },
      "many": ({ everTask }) => everTask.dispatchMany(late, [null, null, null]),
      "pause": ({ everTask }) => everTask.queues.pause("slow"),
      "resume": ({ everTask }) => everTask.queues.resume("slow"),
    },
    check({ tasks }) {
      for (const { type, status, dueAt } of tasks) {
        if (dueAt === null) {
          const ends = type === "failing" || type === "hanging"
            ? ["Failed"]
            : ["Completed", "Failed", "Cancelled"];
          assert(ends.includes(status), `${type} is ${status}`);
        }
      }
    },
    seeds: 15,
    lasts: { seconds: 40 },
  });
});

// A process that only dispatches warns about tasks that no live worker will run.

import { assertEquals } from "@std/assert";
import { defineTask, formatMessage, type Logger, silentLogger } from "../../mod.ts";
import { UnservedQueues } from "../../src/dispatch/unserved_queues.ts";
import type { WorkerRecord } from "../../src/storage/records.ts";
import { FakeClock } from "../../src/testing/fake_clock.ts";
import { Fleet, type FleetOptions } from "../support/fleet.ts";

const leaseMs = 30_000;

function workerWith(queues: readonly string[] | null, heartbeatAgeMs = 0): WorkerRecord {
  const serves = queues && {
    queues: queues.map((name) => ({ name, parallelism: 1 })),
    types: [],
  };
  return {
    id: "w",
    host: "h",
    serves,
    process: null,
    draining: false,
    startedAt: 0,
    heartbeatAt: 0,
    heartbeatAgeMs,
  };
}

function loggerInto(log: string[]): Logger {
  const warn: Logger["warn"] = (message, properties) =>
    void log.push(`warn: ${formatMessage(message, properties)}`);
  return { ...silentLogger, warn };
}

const waits = (queue: string, more: string) =>
  `warn: No live worker serves queue "${queue}": its tasks wait until one does. ` +
  `${more}Start a worker that has the queue, or correct the name.`;
const alike = (name: string) => `The most similar one that is served is "${name}". `;

const cases: [
  what: string,
  workers: readonly WorkerRecord[],
  dispatched: readonly string[],
  told: readonly string[],
][] = [
  ["a served queue", [workerWith(["a", "b"])], ["b"], []],
  ["a queue that another worker serves", [workerWith(["a"]), workerWith(["b"])], ["a", "b"], []],
  ["a misspelt queue", [workerWith(["default", "emails"])], ["email", "emails"], [
    waits("email", alike("emails")),
  ]],
  ["a queue unlike any served one", [workerWith(["default"])], ["reports"], [waits("reports", "")]],
  ["two unserved queues and a served one", [workerWith(["default"])], [
    "reports",
    "default",
    "defualt",
  ], [
    waits("reports", ""),
    waits("defualt", alike("default")),
  ]],
  ["a queue while there is no worker", [], ["mails"], [waits("mails", "No worker is running. ")]],
  [
    "a queue whose worker is late within its lease",
    [workerWith(["mails"], leaseMs)],
    ["mails"],
    [],
  ],
  ["a queue whose worker is lost", [workerWith(["mails"], leaseMs + 1)], ["mails"], [
    waits("mails", "No worker is running. "),
  ]],
  ["a queue beside a worker with unknown queues", [workerWith(["a"]), workerWith(null)], [
    "b",
  ], []],
  ["the same queue three times", [], ["a", "a", "a"], [
    waits("a", "No worker is running. "),
  ]],
];

for (const [what, workers, dispatched, told] of cases) {
  Deno.test(`after dispatches to ${what}, the number of warnings is ${told.length}`, async () => {
    const clock = new FakeClock();
    const log: string[] = [];
    let looks = 0;
    const queues = new UnservedQueues({
      clock,
      logger: loggerInto(log),
      leaseMs,
      workers: () => Promise.resolve((looks++, workers)),
      isServing: () => false,
    });
    for (const queue of dispatched) queues.stored(queue);
    await clock.advance(999);
    assertEquals([looks, log], [0, []], "a worker may be about to start");
    await clock.advance(1);
    assertEquals([looks, log], [1, told]);
    for (const queue of dispatched) queues.stored(queue);
    await clock.advance(3_600_000);
    assertEquals([looks, log], [1, told], "once per queue");
    await queues.stop();
  });
}

Deno.test("if the workers cannot be read, a later dispatch warns about the queue", async () => {
  const clock = new FakeClock();
  const log: string[] = [];
  let isDown = true;
  const queues = new UnservedQueues({
    clock,
    logger: loggerInto(log),
    leaseMs,
    workers: () => isDown ? Promise.reject(new Error("no answer")) : Promise.resolve([]),
    isServing: () => false,
  });
  queues.stored("mails");
  await clock.advance(1000);
  assertEquals(log, []);
  isDown = false;
  queues.stored("mails");
  await clock.advance(1000);
  await queues.stop();
  assertEquals(log, [waits("mails", "No worker is running. ")]);
});

const greet = defineTask({ type: "greet", queue: "mails", handle() {} });

Deno.test("a web process is warned about a queue that the workers do not have", async () => {
  await using fleet = new Fleet();
  const worker = fleet.create({ tasks: [], queues: { mail: {} } });
  const web = fleet.create({ tasks: [greet], queues: { mails: {} } });
  await worker.start();
  await web.dispatch(greet);
  await web.dispatchMany(greet, [undefined]);
  await fleet.clock.advance(1000);
  assertEquals(fleet.log, [waits("mails", alike("mail"))]);
});

Deno.test("a process that runs tasks, or has stopped, does not check its queues", async () => {
  await using fleet = new Fleet();
  let looks = 0;
  const options: FleetOptions = {
    tasks: [greet],
    queues: { mails: {} },
    wrap(storage) {
      const workers = storage.workers.bind(storage);
      return Object.assign(storage, { workers: () => (looks++, workers()) });
    },
  };
  const everTask = fleet.create(options);
  await everTask.dispatch(greet);
  await everTask.start();
  await everTask.dispatch(greet);
  await fleet.clock.advance(5000);
  const gone = fleet.create(options);
  await gone.dispatch(greet);
  await gone.stop();
  await fleet.clock.advance(5000);
  assertEquals([looks, fleet.log], [0, []]);
});

// A worker process: takes its setup as its only argument, runs tasks, and reports events on
// standard output. It stops gracefully when its input ends, which also happens when the test that
// started it ends.

import { createEverTask, formatMessage, silentLogger } from "../../../mod.ts";
import { type Storage, systemClock } from "../../../src/storage/mod.ts";
import { postgresStorage } from "../../../drivers/postgres/mod.ts";
import { sqliteStorage } from "../../../drivers/sqlite/mod.ts";
import { hardlyPolling } from "../../support/hardly_polling.ts";
import type { Report, StorageSetup, WorkerSetup } from "./protocol.ts";
import { integrationTasks } from "./tasks.ts";

const encoder = new TextEncoder();

/** Written synchronously, so that a report is complete when this returns. */
function report(line: Report): void {
  let bytes = encoder.encode(`${JSON.stringify(line)}\n`);
  while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
}

function open(setup: StorageSetup): Storage {
  return "sqlite" in setup ? sqliteStorage(setup.sqlite) : postgresStorage(setup.postgres);
}

const setup: WorkerSetup = JSON.parse(Deno.args[0]!);
const { leaseMs, parallelism, poisonLimit, hardlyPolls, watches, clockOffsetMs = 0 } = setup;
const storage = open(setup.storage);

const everTask = createEverTask({
  storage: hardlyPolls ? hardlyPolling(storage) : storage,
  tasks: integrationTasks(report).all,
  queues: { default: { parallelism } },
  leaseDuration: leaseMs,
  ...(poisonLimit === undefined ? {} : { poisonLimit }),
  clock: { ...systemClock, now: () => systemClock.now() + clockOffsetMs },
  logger: {
    ...silentLogger,
    warn: (text, properties) =>
      report({ kind: "log", level: "warn", text: formatMessage(text, properties) }),
    error: (text, properties) =>
      report({ kind: "log", level: "error", text: formatMessage(text, properties) }),
  },
});
everTask.events.subscribe(
  ({ kind: event, taskId, workerId }) =>
    report({ kind: "event", event, taskId, workerId, at: Date.now() }),
  { kinds: ["lost", "leaseLost", "failed", "stuck", "workerStarved"] },
);
if (watches) everTask.events.subscribe(() => {}, { scope: "store" });
await everTask.start();
report({ kind: "ready", workerId: everTask.workerId! });

for await (const _ of Deno.stdin.readable);
await everTask.stop();

// A worker process: takes its setup as its only argument and orders on its standard input, runs
// tasks, and records everything. It stops when its input ends, which also happens when its
// controller ends.

import process from "node:process";
import { getHeapSpaceStatistics } from "node:v8";
import { postgresStorage } from "../../drivers/postgres/mod.ts";
import { sqliteStorage } from "../../drivers/sqlite/mod.ts";
import { sqlServerStorage } from "../../drivers/sqlserver/mod.ts";
import { createEverTask, type EverTask, silentLogger } from "../../mod.ts";
import { createDashboard } from "../../src/dashboard/mod.ts";
import { type Storage, systemClock } from "../../src/storage/mod.ts";
import { Calls } from "../../src/testing/simulation/calls.ts";
import { makeTasks } from "../../src/testing/simulation/handlers.ts";
import { parallelism } from "../../src/testing/simulation/scenario.ts";
import { readLines } from "../support/lines.ts";
import { targetConfig } from "../support/tsql_server/target.ts";
import { RecordFile } from "./record_file.ts";
import { recordedStorage } from "./recorded_storage.ts";
import { openTransactions } from "./transactions.ts";
import type { Order, ProcessSetup, Report } from "./setup.ts";

/** How long the store may be unavailable at the start, in milliseconds. */
const startWithinMs = 60_000;

/** The ids of the last dispatches, by number. */
class RecentTasks extends Map<number, string> {
  override set(number: number, id: string): this {
    this.delete(number - 1_000);
    return super.set(number, id);
  }
}

const setup: ProcessSetup = JSON.parse(Deno.args[0]!);
const file = new RecordFile(setup.records, setup.startsAt);
let [running, ended, calls, cpuMsBefore] = [0, 0, 0, 0];

const inTransaction = openTransactions(setup);
const tasks = makeTasks(systemClock, setup.name, file, (count) => {
  if (count < running) ended++;
  running = count;
}, inTransaction);
const storage = recordedStorage(open(setup), file, () => void calls++);
const retention = setup.retentionDays === null ? {} : {
  retention: {
    statusAuditDays: setup.retentionDays,
    errorAuditDays: setup.retentionDays,
    runsAuditDays: setup.retentionDays,
    deleteCompletedTasksAfterRetention: true,
    every: setup.retentionEveryMs,
  },
};
const everTask = createEverTask({
  storage,
  tasks: setup.knows.map((type) => tasks[type]),
  queues: {
    default: { parallelism: parallelism.default },
    narrow: { parallelism: parallelism.narrow },
    recurring: { parallelism: 1 },
  },
  leaseDuration: setup.leaseMs,
  poisonLimit: setup.poisonLimit,
  dispatchRetryFor: setup.dispatchRetryMs,
  abortGrace: { seconds: 1 },
  host: setup.name,
  logger: silentLogger,
  clock: { ...systemClock, now: () => systemClock.now() + setup.clockOffsetMs },
  ...retention,
});
const asked = new Calls(setup.name, everTask, tasks, file, new RecentTasks(), inTransaction);

file.add(setup.name, { kind: "process", what: "starts", knows: setup.knows });
await started(everTask);
file.add(setup.name, { kind: "process", what: "started" });
report({ kind: "ready" });
const closeDashboard = setup.dashboard ? openDashboard(everTask) : () => {};
const figures = setup.figuresEveryMs === null
  ? undefined
  : setInterval(reportFigures, setup.figuresEveryMs);

let stopTimeoutMs = 0;
for await (const line of readLines(Deno.stdin.readable)) {
  const order: Order = JSON.parse(line);
  if (order.kind === "end") {
    stopTimeoutMs = order.timeoutMs;
    break;
  }
  if (order.kind === "reportAnswers") void answered().then(() => report({ kind: "answered" }));
  else asked.ask(order);
}
clearInterval(figures);
closeDashboard();
file.add(setup.name, { kind: "process", what: "stops" });
await everTask.stop({ timeout: stopTimeoutMs });
file.add(setup.name, { kind: "process", what: "stopped" });
Deno.exit(0); // a handler that ignores its signal must not keep the process alive

function open({ store, address, leaseMs }: ProcessSetup): Storage {
  if (store === "sqlite") return sqliteStorage(address);
  if (store === "sqlserver") {
    const connection = { ...targetConfig(), requestTimeout: leaseMs, connectionTimeout: leaseMs };
    return sqlServerStorage({ connection, schema: address });
  }
  return postgresStorage({ url: address, queryTimeout: leaseMs / 2 });
}

/** Starts the instance, as soon as the store is available. */
async function started(everTask: EverTask): Promise<void> {
  const endsAt = performance.now() + startWithinMs;
  while (true) {
    try {
      return await everTask.start();
    } catch (error) {
      if (performance.now() > endsAt) throw error;
      await new Promise((resume) => setTimeout(resume, 200));
    }
  }
}

/** Resolves when each call has an answer. */
async function answered(): Promise<void> {
  while (asked.unanswered > 0) await new Promise((resume) => setTimeout(resume, 20));
}

/** Serves a dashboard, and reads what its pages read, as often as they do. */
function openDashboard(everTask: EverTask): () => void {
  const { fetch: answer } = createDashboard(everTask, {
    authorize: () => ({ user: "soak", can: ["view"] }),
    logger: silentLogger,
  });
  const pages = ["statistics", "tasks?limit=50", "queues", "workers", "series", "activity"];
  const look = async () => {
    for (const page of pages) {
      const response = await answer(new Request(`http://127.0.0.1/api/v1/${page}`));
      await response.body?.cancel();
      if (!response.ok) throw new Error(`${page}: ${response.status}`);
    }
  };
  const timer = setInterval(() => void look().catch(console.error), 5_000);
  const unsubscribe = everTask.events.subscribe(() => {}, { scope: "store" });
  return () => {
    clearInterval(timer);
    unsubscribe();
  };
}

function reportFigures(): void {
  (globalThis as { gc?: () => void }).gc?.();
  const { user, system } = process.cpuUsage();
  const { heapUsed: heap, external, rss } = process.memoryUsage();
  const young = youngBytes();
  const cpuMs = (user + system) / 1000;
  const spent = cpuMs - cpuMsBefore;
  const memory = rss - young;
  report({ kind: "figures", ended, calls, cpuMs: spent, heap, external, young, memory });
  [ended, calls, cpuMsBefore] = [0, 0, cpuMs];
}

/** Returns the size of V8's young generation, without the address space that is not in use. */
function youngBytes(): number {
  const spaces = getHeapSpaceStatistics().filter(({ space_name }) => space_name === "new_space");
  return spaces.reduce((all, { physical_space_size }) => all + physical_space_size, 0);
}

function report(line: Report): void {
  console.log(JSON.stringify(line));
}

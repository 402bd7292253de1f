// Measures whether retention keeps pace with a process that runs tasks at full speed: the sizes of
// the store, and the throughput beside that without retention.

import {
  createEverTask,
  type EverTask,
  type RetentionOptions,
  silentLogger,
} from "@evertask/evertask";
import { dispatchers } from "./measures/lifecycle.ts";
import { countedPayload, CountingTask } from "./support/counting_task.ts";
import { mebibytes, rate, ratio } from "./support/figures.ts";
import type { BenchDatabase } from "./support/open_storage.ts";
import type { BenchStore } from "./support/bench_store.ts";
import { openStores } from "./support/stores.ts";
import type { Subject } from "./support/subject.ts";
import { table } from "./support/table.ts";

/** The retention, in seconds. */
const retentionSeconds = 60;

/** When the sizes should have stopped to grow, in seconds. */
const earlySeconds = 180;

/**
 * The maximum duration of the load without retention, in seconds. It is as long as that with
 * retention up to this duration, because the checkpoints of PostgreSQL, which are up to five minutes
 * apart, and vacuum slow a store with and without retention.
 */
const mostSecondsWithout = 300;

/** The interval between readings of the size, in milliseconds. */
const sampleMs = 2_000;

/** The result of a run. */
interface PaceFigures {
  readonly tasksPerSecond: number;
  /** The size of the store at the readings, in bytes. */
  readonly sizes: readonly number[];
}

/** One row of the report. */
interface RetentionPaceFigures {
  readonly store: string;
  readonly minutes: number;
  readonly without: number;
  readonly with: number;
  readonly ratio: number;
  /** The size after three minutes, and the largest one from then on. */
  readonly earlyBytes: number;
  readonly largestBytes: number;
  readonly growth: number;
}

async function run(
  database: BenchDatabase,
  seconds: number,
  retention?: RetentionOptions,
): Promise<PaceFigures> {
  const { task } = new CountingTask(Infinity);
  const everTask = createEverTask({
    storage: database.storage(),
    tasks: [task],
    logger: { ...silentLogger, error: console.error },
    ...retention && { retention },
  });
  await everTask.start();
  let [ended, tasks] = [false, 0];
  const sizes: number[] = [];
  const startedAt = performance.now();
  const dispatchUntilEnd = async () => {
    while (!ended) await everTask.dispatch(task, countedPayload(tasks++));
  };
  const sample = async () => {
    while (!ended) {
      await new Promise((resume) => setTimeout(resume, sampleMs));
      sizes.push(await sizeOf(everTask, database));
      ended = performance.now() - startedAt >= seconds * 1000;
    }
  };
  await Promise.all([sample(), ...Array.from({ length: dispatchers }, dispatchUntilEnd)]);
  const tasksPerSecond = tasks / (performance.now() - startedAt) * 1000;
  await everTask.stop();
  return { tasksPerSecond, sizes };
}

/**
 * Returns the size of a store in bytes: of the files of SQLite, else of the tables. NaN if the store
 * does not tell it, as Babelfish.
 */
async function sizeOf({ operate }: EverTask, { address }: BenchDatabase): Promise<number> {
  const sizes = address.endsWith(".db")
    ? [address, `${address}-wal`].map((path) => Deno.statSync(path).size)
    : (await operate.sizes()).map(({ bytes }) => bytes ?? NaN);
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function compare(
  store: BenchStore,
  minutes: number,
  progress: (text: string) => void,
): Promise<RetentionPaceFigures> {
  const days = retentionSeconds / 86_400;
  const retention = {
    statusAuditDays: days,
    runsAuditDays: days,
    executionLogDays: days,
    deleteCompletedTasksAfterRetention: true,
  };
  const measure = async (seconds: number, policy?: RetentionOptions) => {
    await using database = await store.createDatabase();
    return await run(database, seconds, policy);
  };
  progress(`${store.name}: without retention`);
  const without = await measure(Math.min(minutes * 60, mostSecondsWithout));
  progress(`${store.name}: ${minutes} minutes with a retention of ${retentionSeconds} seconds`);
  const { tasksPerSecond, sizes } = await measure(minutes * 60, retention);
  const early = Math.min(sizes.length - 1, Math.round(1_000 * earlySeconds / sampleMs));
  const [earlyBytes, largestBytes] = [sizes[early]!, Math.max(...sizes.slice(early))];
  return {
    store: store.name,
    minutes,
    without: without.tasksPerSecond,
    with: tasksPerSecond,
    ratio: tasksPerSecond / without.tasksPerSecond,
    earlyBytes,
    largestBytes,
    growth: largestBytes / earlyBytes,
  };
}

/** Compares throughput with and without retention, and sizes early and late. */
export const retentionPaceSubject: Subject = {
  name: "retention-pace",
  about: "whether retention of a minute keeps pace with tasks at full speed",
  async run({ stores, minutes }, progress) {
    const results: RetentionPaceFigures[] = [];
    for (const store of await openStores(stores, ["sqlite", "postgres", "sqlserver"])) {
      await using measured = store;
      results.push(await compare(measured, minutes, progress));
    }
    const text = table(
      ["lifecycle at Full", "without", "with", "ratio", "at 3 minutes", "largest", "growth"],
      results.map((row) => [
        row.store,
        rate(row.without),
        rate(row.with),
        ratio(row.ratio),
        ...Number.isNaN(row.growth)
          ? ["unknown", "unknown", "unknown"]
          : [mebibytes(row.earlyBytes), mebibytes(row.largestBytes), ratio(row.growth)],
      ]),
    );
    return { data: results, text };
  },
};

// Measures the effect of retention on tasks: a purge trims a million audit rows while tasks run.

import { createEverTask, type EverTask, silentLogger } from "@evertask/evertask";
import { drain, storeBacklog } from "./measures/drain.ts";
import { dispatchers } from "./measures/lifecycle.ts";
import { countRows } from "./measures/verify.ts";
import { countedPayload, CountingTask } from "./support/counting_task.ts";
import { grouped, median, rate, ratio } from "./support/figures.ts";
import type { BenchDatabase } from "./support/open_storage.ts";
import type { BenchStore } from "./support/bench_store.ts";
import { openStores } from "./support/stores.ts";
import type { Subject } from "./support/subject.ts";
import { table } from "./support/table.ts";

const rowsPerTask = 3;
const trimmedRows = 1_000_000;
const secondsWithout = 10;

/** Deletes rows older than a second. The benchmark waits that long before the purge. */
const policy = { statusAuditDays: 1 / 86_400 };

interface Figures {
  readonly tasksPerSecond: number;
  /** The audit rows that were deleted while the tasks ran, and the duration. */
  readonly trimmed: number;
  readonly seconds: number;
}

const pause = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** Calls `start`, and dispatches and runs tasks at level None until its promise settles. */
async function runUntil(
  database: BenchDatabase,
  start: (everTask: EverTask) => Promise<unknown>,
): Promise<{ tasksPerSecond: number; seconds: number }> {
  const { task } = new CountingTask(Infinity);
  const everTask = createEverTask({
    storage: database.storage(),
    tasks: [task],
    defaultAuditLevel: "None",
    logger: silentLogger,
  });
  await everTask.start();
  let ended = false;
  let tasks = 0;
  const dispatchUntilEnd = async () => {
    while (!ended) await everTask.dispatch(task, countedPayload(tasks++));
  };
  const startedAt = performance.now();
  const end = start(everTask).finally(() => ended = true);
  await Promise.all([end, ...Array.from({ length: dispatchers }, dispatchUntilEnd)]);
  await everTask.stop();
  const seconds = (performance.now() - startedAt) / 1000;
  return { tasksPerSecond: tasks / seconds, seconds };
}

/**
 * Runs tasks in a store with a million audit rows: until a purge of these rows ends, or for ten
 * seconds without a purge.
 */
async function measure(database: BenchDatabase, purges: boolean): Promise<Figures> {
  const history = Math.ceil(trimmedRows / rowsPerTask);
  await storeBacklog(database, "Full", history);
  await drain(database, history);
  const before = (await countRows(database)).statusAudit;
  await pause(1_100); // now the rows are old enough
  const figures = await runUntil(
    database,
    ({ audit }) => purges ? audit.purge(policy) : pause(secondsWithout * 1000),
  );
  return { ...figures, trimmed: before - (await countRows(database)).statusAudit };
}

async function compare(
  store: BenchStore,
  runs: number,
  progress: (text: string) => void,
) {
  const figures: { without: Figures[]; beside: Figures[] } = { without: [], beside: [] };
  for (let round = 1; round <= runs; round++) {
    for (const kind of ["without", "beside"] as const) {
      progress(`${store.name}: ${kind} a purge, run ${round} of ${runs}`);
      await using database = await store.createDatabase();
      figures[kind].push(await measure(database, kind === "beside"));
    }
  }
  const rateOf = (list: readonly Figures[]) => median(list.map((each) => each.tasksPerSecond));
  const without = rateOf(figures.without);
  const beside = rateOf(figures.beside);
  const trimmed = median(figures.beside.map((each) => each.trimmed));
  const seconds = median(figures.beside.map((each) => each.seconds));
  return { store: store.name, without, beside, trimmed, seconds, ratio: beside / without };
}

/** Compares throughput with and without a purge. */
export const retentionSubject: Subject = {
  name: "retention",
  about: `tasks beside ${grouped(trimmedRows)} audit rows, and while they are being trimmed`,
  async run({ stores, runs }, progress) {
    const results = [];
    for (const store of await openStores(stores, ["sqlite", "postgres"])) {
      await using measured = store;
      results.push(await compare(measured, runs, progress));
    }
    const text = table(
      ["lifecycle at None", "tasks/s", "during a purge", "ratio", "rows trimmed", "in"],
      results.map((row) => [
        row.store,
        rate(row.without),
        rate(row.beside),
        ratio(row.ratio),
        grouped(row.trimmed),
        `${row.seconds.toFixed(1)} s`,
      ]),
    );
    return { data: results, text };
  },
};

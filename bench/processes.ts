// Measures how throughput grows with the number of worker processes on one PostgreSQL. The handlers
// wait, like handlers that call a service.

import { createEverTask } from "@evertask/evertask";
import { storeBacklog } from "./measures/drain.ts";
import { BenchProcess } from "./support/child_process.ts";
import { median, rate, ratio } from "./support/figures.ts";
import type { BenchStore } from "./support/bench_store.ts";
import { openStores } from "./support/stores.ts";
import type { Subject } from "./support/subject.ts";
import { table } from "./support/table.ts";

const defaultTasks = 20_000;
const processCounts = [1, 2, 4];
const handlerMs = 5;
/** The parallelism of a process. 16 handlers of 5 ms run at most 3,200 tasks a second. */
const parallelism = 16;
const lookEveryMs = 50;

/** Measures from the moment when the queue is resumed until all tasks have ended. */
async function measureProcesses(
  store: BenchStore,
  processes: number,
  tasks: number,
): Promise<number> {
  await using database = await store.createDatabase();
  await storeBacklog(database, "Full", tasks);
  await using control = createEverTask({ storage: database.storage(), tasks: [] });
  await control.queues.pause("default");
  await using workers = new AsyncDisposableStack();
  const started = Array.from(
    { length: processes },
    () =>
      workers.use(
        new BenchProcess(
          "worker.ts",
          store.name,
          database.address,
          `${handlerMs}`,
          `${parallelism}`,
        ),
      ),
  );
  await Promise.all(started.map((worker) => worker.next()));
  const startedAt = performance.now();
  await control.queues.resume("default");
  while ((await control.statistics({ exact: true })).tasksByStatus.Completed < tasks) {
    await new Promise((resume) => setTimeout(resume, lookEveryMs));
  }
  return tasks / ((performance.now() - startedAt) / 1000);
}

/** Compares 1, 2 and 4 processes. */
export const processesSubject: Subject = {
  name: "processes",
  about: `1, 2 and 4 worker processes on PostgreSQL, handlers that wait ${handlerMs} ms`,
  async run({ stores, runs, tasks: asked }, progress) {
    const tasks = asked ?? defaultTasks;
    const results = [];
    for (const store of await openStores(stores, ["postgres"])) {
      await using measured = store;
      const rates = new Map<number, number[]>(processCounts.map((count) => [count, []]));
      for (let round = 1; round <= runs; round++) {
        for (const count of processCounts) {
          progress(`${store.name}: ${count} processes, run ${round} of ${runs}`);
          rates.get(count)!.push(await measureProcesses(measured, count, tasks));
        }
      }
      const alone = median(rates.get(1)!);
      for (const processes of processCounts) {
        const tasksPerSecond = median(rates.get(processes)!);
        results.push({
          store: store.name,
          processes,
          tasksPerSecond,
          ratio: tasksPerSecond / alone,
        });
      }
    }
    const text = table(
      [`${parallelism} handlers of ${handlerMs} ms each`, "tasks/s", "to one"],
      results.map((row) => [
        `${row.store}, ${row.processes} processes`,
        rate(row.tasksPerSecond),
        ratio(row.ratio),
      ]),
    );
    return { data: results, text };
  },
};

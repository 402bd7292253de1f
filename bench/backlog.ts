// Compares the speed and memory of draining a large and a small backlog.

import { storeBacklog } from "./measures/drain.ts";
import { BenchProcess } from "./support/child_process.ts";
import { grouped, mebibytes, medians, rate, ratio } from "./support/figures.ts";
import { openStores } from "./support/stores.ts";
import type { Subject } from "./support/subject.ts";
import { table } from "./support/table.ts";

/** The size of the large backlog. The small one has a hundredth of it. */
const defaultTasks = 1_000_000;

interface BacklogFigures {
  readonly tasksPerSecond: number;
  readonly memoryAtStart: number;
  readonly memoryAtMost: number;
}

/** Compares both sizes. */
export const backlogSubject: Subject = {
  name: "backlog",
  about: "draining a backlog a hundred times larger: speed and resident memory",
  async run({ stores, runs, tasks }, progress) {
    const large = tasks ?? defaultTasks;
    const sizes = [Math.max(1, Math.round(large / 100)), large];
    const results = [];
    for (const store of await openStores(stores, ["sqlite", "postgres"])) {
      await using measured = store;
      const figures: BacklogFigures[][] = [[], []];
      for (let round = 1; round <= runs; round++) {
        for (const [index, size] of sizes.entries()) {
          progress(`${store.name}: ${grouped(size)} tasks, run ${round} of ${runs}`);
          await using database = await measured.createDatabase();
          await storeBacklog(database, "Full", size);
          await using child = new BenchProcess("drain.ts", store.name, database.address, `${size}`);
          figures[index]!.push(await child.next<BacklogFigures>());
        }
      }
      const [small, big] = figures.map(medians) as [BacklogFigures, BacklogFigures];
      for (const [index, row] of [small, big].entries()) {
        const toSmall = row.tasksPerSecond / small.tasksPerSecond;
        results.push({ store: store.name, tasks: sizes[index]!, ...row, ratio: toSmall });
      }
    }
    const text = table(
      ["drain at Full", "tasks/s", "ratio", "memory at the start", "at most"],
      results.map((row) => [
        `${row.store}, ${grouped(row.tasks)} tasks`,
        rate(row.tasksPerSecond),
        ratio(row.ratio),
        mebibytes(row.memoryAtStart),
        mebibytes(row.memoryAtMost),
      ]),
    );
    return { data: results, text };
  },
};

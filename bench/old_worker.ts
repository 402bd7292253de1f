// Measures how long it takes to find the tasks of a lost worker beside millions of ended tasks: of
// a new worker, of one that has run for long, and of one that has never said since when it holds
// tasks.

import { storeFinished } from "./measures/finished.ts";
import { type TakeoverFigures, takeovers } from "./measures/worker_ages.ts";
import { grouped, median, milliseconds } from "./support/figures.ts";
import { openStores } from "./support/stores.ts";
import type { Subject } from "./support/subject.ts";
import { table } from "./support/table.ts";

/** The number of ended tasks by default. */
const defaultFinished = 1_000_000;

/** The result, in milliseconds. */
interface OldWorkerFigures extends TakeoverFigures {
  readonly finished: number;
}

/** Compares them. */
export const oldWorkerSubject: Subject = {
  name: "old-worker",
  about: "PostgreSQL: taking over the tasks of a lost worker, by how long it has run",
  async run({ stores, runs, finished: asked }, progress) {
    const finished = asked ?? defaultFinished;
    const results: OldWorkerFigures[] = [];
    for (const store of await openStores(stores, ["postgres"])) {
      await using measured = store;
      await using database = await measured.createDatabase();
      progress(`storing ${grouped(finished)} ended tasks`);
      await storeFinished(measured.name, database, finished);
      const figures: TakeoverFigures[] = [];
      for (let round = 1; round <= runs; round++) {
        progress(`run ${round} of ${runs}`);
        figures.push(await takeovers(database));
      }
      const middle = (name: keyof TakeoverFigures) => median(figures.map((each) => each[name]));
      results.push({
        finished,
        youngMs: middle("youngMs"),
        oldMs: middle("oldMs"),
        unmarkedMs: middle("unmarkedMs"),
      });
    }
    const text = table(
      ["1,000 tasks of a lost worker", "new", "old", "old, without a mark"],
      results.map((row) => [
        `beside ${grouped(row.finished)} ended tasks`,
        milliseconds(row.youngMs),
        milliseconds(row.oldMs),
        milliseconds(row.unmarkedMs),
      ]),
    );
    return { data: results, text };
  },
};

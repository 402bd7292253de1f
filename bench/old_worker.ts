// Measures how long it takes to find the tasks of a lost worker beside millions of ended tasks: of
// a new worker, of one that has run for long, and of one that has never said since when it holds
// tasks.

import { storeFinished } from "./measures/finished.ts";
import { takeover, type TakeoverFigures, unmarkedTakeover } from "./measures/takeover.ts";
import { grouped, median, milliseconds } from "./support/figures.ts";
import { openStores } from "./support/stores.ts";
import type { Subject } from "./support/subject.ts";
import { table } from "./support/table.ts";

/** The number of ended tasks by default. */
const defaultFinished = 1_000_000;

/** The result, in milliseconds. */
interface OldWorkerFigures extends TakeoverFigures {
  readonly finished: number;
  readonly unmarkedMs: number;
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
      await storeFinished(database, finished);
      const figures: Omit<OldWorkerFigures, "finished">[] = [];
      for (let round = 1; round <= runs; round++) {
        progress(`run ${round} of ${runs}`);
        const unmarkedMs = await unmarkedTakeover(database);
        figures.push({ ...await takeover(database), unmarkedMs });
      }
      const middle = (name: "youngMs" | "oldMs" | "unmarkedMs") =>
        median(figures.map((each) => each[name]));
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

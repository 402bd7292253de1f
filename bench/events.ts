// What events cost: the same tasks with nobody listening, and with one subscriber.

import { measureLifecycle } from "./measures/lifecycle.ts";
import { median, rate, ratio } from "./support/figures.ts";
import { openStores } from "./support/stores.ts";
import type { Subject } from "./support/subject.ts";
import { table } from "./support/table.ts";

const defaultTasks = 50_000;

/** Compares both. */
export const eventsSubject: Subject = {
  name: "events",
  about: "lifecycle at Full with no subscriber and with one that gets every event",
  async run({ stores, runs, tasks: asked }, progress) {
    const tasks = asked ?? defaultTasks;
    const results = [];
    for (const store of await openStores(stores)) {
      await using measured = store;
      const rates: [number[], number[]] = [[], []];
      for (let round = 0; round <= runs; round++) {
        for (const subscribers of [0, 1] as const) {
          progress(`${store.name}: ${subscribers} subscribers, run ${round} of ${runs}`);
          await using database = await measured.createDatabase();
          let heard = 0;
          const { tasksPerSecond } = await measureLifecycle(database, {
            auditLevel: "Full",
            tasks,
            prepare({ events }) {
              if (subscribers === 1) events.subscribe(() => void heard++);
            },
          });
          if (subscribers === 1 && heard === 0) throw new Error("The subscriber heard nothing.");
          if (round > 0) rates[subscribers].push(tasksPerSecond); // the first round is a warm-up
        }
      }
      const [without, withOne] = rates.map(median) as [number, number];
      results.push({ store: store.name, without, withOne, ratio: withOne / without });
    }
    const text = table(
      ["tasks/s", "no subscriber", "one", "ratio"],
      results.map((row) => [row.store, rate(row.without), rate(row.withOne), ratio(row.ratio)]),
    );
    return { data: results, text };
  },
};

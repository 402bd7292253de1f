// Measures the cost of a watcher in another process: the same tasks while nobody watches, and while
// another process watches the events of all processes.

import { type LifecycleFigures, measureLifecycle } from "./measures/lifecycle.ts";
import { BenchProcess } from "./support/child_process.ts";
import { median, rate, ratio } from "./support/figures.ts";
import type { BenchDatabase } from "./support/open_storage.ts";
import { openStores } from "./support/stores.ts";
import type { Subject } from "./support/subject.ts";
import { table } from "./support/table.ts";

const defaultTasks = 50_000;

/** The numbers of events that a watcher received, and that were left out. */
interface Sight {
  readonly shown: number;
  readonly leftOut: number;
}

/** Compares the throughput with and without a watcher. */
export const eventRelaySubject: Subject = {
  name: "event-relay",
  about: "lifecycle at Full while nobody watches, and while another process watches all events",
  async run({ stores, runs, tasks: asked }, progress) {
    const tasks = asked ?? defaultTasks;
    const results = [];
    for (const store of await openStores(stores, ["sqlite", "postgres"])) {
      await using measured = store;
      const alone: number[] = [];
      const watched: number[] = [];
      let sight: Sight = { shown: 0, leftOut: 0 };
      for (let round = 0; round <= runs; round++) {
        // The first measurement may leave work behind that slows the second.
        const order = round % 2 === 0 ? [false, true] : [true, false];
        for (const isWatched of order) {
          progress(`${store.name}: ${isWatched ? "watched" : "alone"}, run ${round} of ${runs}`);
          await using database = await measured.createDatabase();
          const figures: LifecycleFigures & { readonly sight?: Sight } = isWatched
            ? await measureWatched(store.name, database, tasks)
            : await measureLifecycle(database, { auditLevel: "Full", tasks });
          sight = figures.sight ?? sight;
          if (round === 0) continue; // a warm-up
          (isWatched ? watched : alone).push(figures.tasksPerSecond);
        }
      }
      const [none, one] = [median(alone), median(watched)];
      results.push({ store: store.name, none, one, ...sight });
    }
    const text = table(
      ["tasks/s", "nobody watches", "one watches", "ratio", "shown", "left out"],
      results.map(({ store, none, one, shown, leftOut }) => [
        ...[store, rate(none), rate(one), ratio(one / none)],
        ...[rate(shown), rate(leftOut)],
      ]),
    );
    return { data: results, text };
  },
};

async function measureWatched(
  store: string,
  database: BenchDatabase,
  tasks: number,
): Promise<LifecycleFigures & { readonly sight: Sight }> {
  await using watcher = new BenchProcess("watcher.ts", store, database.address);
  await watcher.next();
  const { tasksPerSecond } = await measureLifecycle(database, { auditLevel: "Full", tasks });
  await watcher.end();
  return { tasksPerSecond, sight: await watcher.next<Sight>() };
}

// Measures the effect of a far database: the same lifecycle and drain through a proxy that delays.

import { measureDrain } from "./measures/drain.ts";
import { measureLifecycle } from "./measures/lifecycle.ts";
import { BenchProcess } from "./support/child_process.ts";
import { median, rate, ratio } from "./support/figures.ts";
import { databaseAt } from "./support/open_storage.ts";
import type { BenchStore } from "./support/bench_store.ts";
import { openStores } from "./support/stores.ts";
import type { Subject } from "./support/subject.ts";
import { table } from "./support/table.ts";

const defaultTasks = 200_000;

/** The round trips, in milliseconds. */
const roundTrips = [0, 10, 40];

/**
 * The number of concurrent callers, which await the commit of each task: as many as 25,000 tasks a
 * second need at 40 ms.
 */
const callers = 2_048;

/** One row of the report. */
interface FarFigures {
  readonly roundTripMs: number;
  readonly lifecycle: number;
  readonly drain: number;
  readonly lifecycleRatio: number;
  readonly drainRatio: number;
}

async function measure(store: BenchStore, roundTripMs: number, tasks: number) {
  const lifecycle = await through(
    store,
    roundTripMs,
    (database) => measureLifecycle(database, { auditLevel: "Full", tasks, callers }),
  );
  const drain = await through(
    store,
    roundTripMs,
    (database) => measureDrain(database, "Full", tasks),
  );
  return { lifecycle: lifecycle.tasksPerSecond, drain: drain.tasksPerSecond };
}

async function through<T>(
  store: BenchStore,
  roundTripMs: number,
  run: (database: Awaited<ReturnType<typeof databaseAt>>) => Promise<T>,
): Promise<T> {
  await using near = await store.createDatabase();
  await using proxy = new BenchProcess("proxy.ts", near.address, `${roundTripMs}`);
  return await run(await databaseAt(store.name, await proxy.next<string>()));
}

/** Compares round trips. */
export const farSubject: Subject = {
  name: "far",
  about: `PostgreSQL with round trips of ${roundTrips.join(", ")} ms, ${callers} callers`,
  async run({ stores, runs, tasks: asked }, progress) {
    const tasks = asked ?? defaultTasks;
    const results: FarFigures[] = [];
    for (const store of await openStores(stores, ["postgres"])) {
      await using measured = store;
      const figures = roundTrips.map((): { lifecycle: number; drain: number }[] => []);
      for (let round = 1; round <= runs; round++) {
        for (const [index, roundTripMs] of roundTrips.entries()) {
          progress(`${store.name}: ${roundTripMs} ms, run ${round} of ${runs}`);
          figures[index]!.push(await measure(measured, roundTripMs, tasks));
        }
      }
      const middle = (index: number, name: "lifecycle" | "drain") =>
        median(figures[index]!.map((each) => each[name]));
      for (const [index, roundTripMs] of roundTrips.entries()) {
        const [lifecycle, drain] = [middle(index, "lifecycle"), middle(index, "drain")];
        results.push({
          roundTripMs,
          lifecycle,
          drain,
          lifecycleRatio: lifecycle / middle(0, "lifecycle"),
          drainRatio: drain / middle(0, "drain"),
        });
      }
    }
    const text = table(
      ["round trip", "lifecycle/s", "ratio", "drain/s", "ratio"],
      results.map((row) => [
        `${row.roundTripMs} ms`,
        rate(row.lifecycle),
        ratio(row.lifecycleRatio),
        rate(row.drain),
        ratio(row.drainRatio),
      ]),
    );
    return { data: results, text };
  },
};

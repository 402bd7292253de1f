// Measures how long dispatches wait while a large store of version 0.1.0 is migrated.

import { silentLogger } from "@evertask/evertask";
import { evertask010 } from "../tests/upgrade/evertask_0.1.0.ts";
import { storageOf, type StoreName } from "../tests/upgrade/versions.ts";
import { insertFinished } from "./measures/finished.ts";
import type { BenchStore } from "./support/bench_store.ts";
import { BenchProcess } from "./support/child_process.ts";
import { grouped } from "./support/figures.ts";
import { openStores } from "./support/stores.ts";
import type { Subject } from "./support/subject.ts";
import { table } from "./support/table.ts";

const defaultFinished = 1_000_000;

/** The number of concurrent callers, which dispatch one task after the other. */
const callers = 4;

/** The time for which tasks are dispatched before and after the migration, in milliseconds. */
const besideMs = 2_000;

/** One row of the report. */
interface MigrationFigures {
  readonly store: string;
  readonly finished: number;
  readonly migrationMs: number;
  /** The longest wait of a dispatch before and during the migration. */
  readonly longestBeforeMs: number;
  readonly longestMs: number;
}

const pause = (ms: number) => new Promise<void>((resume) => void setTimeout(resume, ms));

/** Dispatches tasks with version 0.1.0 until it is told to stop. */
class Dispatching {
  /** The longest wait since it was last set to 0, in milliseconds. */
  longestMs = 0;
  #ended = false;
  readonly #done: Promise<unknown>;

  constructor(store: StoreName, address: string) {
    const task = evertask010.defineTask<null>({ type: "dispatched", handle() {} });
    const everTask = evertask010.createEverTask({
      storage: storageOf("0.1.0", store, address),
      tasks: [task],
      logger: silentLogger,
    });
    const dispatch = async () => {
      while (!this.#ended) {
        const startedAt = performance.now();
        await everTask.dispatch(task, null);
        this.longestMs = Math.max(this.longestMs, performance.now() - startedAt);
      }
    };
    const all = Promise.all(Array.from({ length: callers }, dispatch));
    this.#done = all.finally(() => everTask.stop());
  }

  async stop(): Promise<void> {
    this.#ended = true;
    await this.#done;
  }
}

async function measure(store: BenchStore, finished: number): Promise<MigrationFigures> {
  const name = store.name as StoreName;
  await using database = await store.createDatabase();
  const old = storageOf("0.1.0", name, database.address);
  await old.open();
  await old.close();
  await insertFinished(name, database.address, finished);
  await database.settle?.();
  const dispatching = new Dispatching(name, database.address);
  await pause(besideMs);
  const longestBeforeMs = dispatching.longestMs;
  dispatching.longestMs = 0;
  await using migration = new BenchProcess("migrate.ts", name, database.address);
  const migrationMs = await migration.next<number>();
  await pause(besideMs);
  await dispatching.stop();
  const { longestMs } = dispatching;
  return { store: store.name, finished, migrationMs, longestBeforeMs, longestMs };
}

/** Reports the longest wait of a dispatch during a migration. */
export const migrateSubject: Subject = {
  name: "migrate",
  about: "the migration of a store of version 0.1.0 with many ended tasks, while it dispatches",
  async run({ stores, finished }, progress) {
    const results: MigrationFigures[] = [];
    for (const store of await openStores(stores, ["sqlite", "postgres"])) {
      await using measured = store;
      progress(`${store.name}: ${grouped(finished ?? defaultFinished)} ended tasks`);
      results.push(await measure(measured, finished ?? defaultFinished));
    }
    const ms = (value: number) => `${grouped(Math.round(value))} ms`;
    const text = table(
      ["store", "ended tasks", "migration", "longest dispatch before", "during"],
      results.map((row) => [
        row.store,
        grouped(row.finished),
        ms(row.migrationMs),
        ms(row.longestBeforeMs),
        ms(row.longestMs),
      ]),
    );
    return { data: results, text };
  },
};

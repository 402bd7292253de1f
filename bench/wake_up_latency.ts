// Measures the time from a dispatch in one process to the start of the handler in another, idle
// process. It includes the insert, the notification and the claim.

import { createEverTask, defineTask, silentLogger } from "@evertask/evertask";
import { BenchProcess } from "./support/child_process.ts";
import { median, milliseconds, percentile } from "./support/figures.ts";
import type { BenchStore } from "./support/bench_store.ts";
import { openStores } from "./support/stores.ts";
import type { Subject } from "./support/subject.ts";
import { table } from "./support/table.ts";
import { wallClock } from "../tests/support/wall_clock.ts";

const now = wallClock();
const defaultTasks = 300;
/**
 * The number of tasks at the start that are not measured, because they compile code and open
 * connections.
 */
const uncounted = 20;
/** The pause between two tasks, so that each finds the worker idle and the channel quiet. */
const pauseMs = 10;

/** The latencies of tasks that are dispatched one after the other, in milliseconds. */
async function measureWakeUps(store: BenchStore, tasks: number): Promise<number[]> {
  await using database = await store.createDatabase();
  const prompt = defineTask<null>({ type: "prompt", handle() {} });
  await using web = createEverTask({
    storage: database.storage(),
    tasks: [prompt],
    logger: silentLogger,
  });
  await web.statistics(); // the schema exists now
  await using worker = new BenchProcess("prompt.ts", store.name, database.address);
  await worker.next();
  const waits: number[] = [];
  for (let n = 0; n < uncounted + tasks; n++) {
    const dispatchedAt = now();
    await web.dispatch(prompt, null);
    waits.push(await worker.next<number>() - dispatchedAt);
    await new Promise((resume) => setTimeout(resume, pauseMs));
  }
  return waits.slice(uncounted);
}

/** Measures the latency between two processes. */
export const wakeUpSubject: Subject = {
  name: "wake-up",
  about: "from a dispatch in one process to the handler in another, on PostgreSQL",
  async run({ stores, runs, tasks = null }, progress) {
    const results = [];
    for (const store of await openStores(stores, ["postgres"])) {
      await using measured = store;
      const rounds: number[][] = [];
      for (let round = 1; round <= runs; round++) {
        progress(`${store.name}: run ${round} of ${runs}`);
        rounds.push(await measureWakeUps(measured, tasks ?? defaultTasks));
      }
      const of = (share: number) => median(rounds.map((waits) => percentile(waits, share)));
      results.push({ store: store.name, p50: of(0.5), p99: of(0.99) });
    }
    const text = table(
      ["Dispatch to handler, two processes", "p50", "p99"],
      results.map(({ store, p50, p99 }) => [store, milliseconds(p50), milliseconds(p99)]),
    );
    return { data: results, text };
  },
};

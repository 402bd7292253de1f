// Measures the cost of operators' reads in a store with millions of ended tasks, compared with one
// of 5,000 tasks: the reads of `everTask.operate`, and some of them over REST. Both are measured in
// one run.

import { createEverTask, defineTask, type EverTask } from "@evertask/evertask";
import { createApi } from "@evertask/evertask/api";
import { type Filling, fillStore } from "./measures/fill_store.ts";
import { grouped, median, milliseconds, ratio } from "./support/figures.ts";
import type { BenchDatabase } from "./support/open_storage.ts";
import { openStores } from "./support/stores.ts";
import type { Subject } from "./support/subject.ts";
import { table } from "./support/table.ts";

/** The tasks of the large store at factor 1. */
const large: Filling = { ended: 5_000_000, waiting: 100_000, failed: 20_000 };
/** The tasks of the small store. */
const small: Filling = { ended: 4_750, waiting: 200, failed: 50 };

/** The maximum ratio of a read in the large store to one in the small store. */
const mostRatio = 3;

/**
 * The duration in milliseconds as which a shorter one counts. Below it, a ratio says nothing: a
 * collection of garbage or a turn of another process takes as long.
 */
const leastMs = 2;

const counted = defineTask<null>({ type: "counted", handle() {} });

type Read = (everTask: EverTask, known: { readonly id: string }) => Promise<unknown>;

const reads: Readonly<Record<string, Read>> = {
  "search: newest": ({ operate }) => operate.tasks.search(),
  "search: oldest": ({ operate }) => operate.tasks.search({}, { order: "oldest" }),
  "search: failed": ({ operate }) => operate.tasks.search({ statuses: ["Failed"] }),
  "search: nothing matches": ({ operate }) => operate.tasks.search({ types: ["none"] }),
  "search: by text": ({ operate }) => operate.tasks.search({ exceptionContains: "order 7 " }),
  "search: due next": ({ operate }) => operate.tasks.search({}, { order: "due" }),
  "search: due next, nothing matches": ({ operate }) =>
    operate.tasks.search({ types: ["none"] }, { order: "due" }),
  "search: by payload": ({ operate }) =>
    operate.tasks.search({ payload: { path: "index", equals: 0 } }),
  "search: by payload, nothing matches": ({ operate }) =>
    operate.tasks.search({ payload: { path: "index", equals: -1 } }),
  "search: series": ({ operate }) => operate.tasks.search({ recurring: true }),
  "search: by tag": ({ operate }) => operate.tasks.search({ tags: ["tenant:1"] }),
  "search: by two tags": ({ operate }) => operate.tasks.search({ tags: ["tenant:1", "none"] }),
  "count: failed, up to 100": ({ operate }) =>
    operate.tasks.count({ statuses: ["Failed"] }, { cap: 100 }),
  "count: by tag, up to 100": ({ operate }) =>
    operate.tasks.count({ tags: ["tenant:1"] }, { cap: 100 }),
  "count: running": ({ operate }) => operate.tasks.count({ statuses: ["InProgress"] }),
  "count: all": ({ operate }) => operate.tasks.count(),
  "explain: due": ({ operate }, { id }) => operate.explain(id),
  "queues": ({ operate }) => operate.queues(),
  "workers": ({ operate }) => operate.workers(),
  "limits": ({ operate }) => operate.limits(),
  "activity: an hour": ({ operate }) => operate.activity(),
  "activity: a day, by type": ({ operate }) => operate.activity({ step: "hour", by: ["type"] }),
  "failures": ({ operate }) => operate.failures.list(),
  "actions": ({ operate }) => operate.actions.list(),
  "sizes": ({ operate }) => operate.sizes(),
};

const requests = [
  "/api/v1/tasks",
  "/api/v1/tasks?status=Failed",
  "/api/v1/tasks/count?status=Failed&cap=100",
  "/api/v1/queues",
  "/api/v1/workers",
];

/** One read, in both stores. */
export interface OperateComparison {
  readonly store: string;
  readonly read: string;
  readonly smallMs: number;
  readonly largeMs: number;
  readonly ratio: number;
}

/** The reads of one store, by name. */
interface Reads extends AsyncDisposable {
  readonly calls: ReadonlyMap<string, () => Promise<unknown>>;
}

async function openReads(database: BenchDatabase): Promise<Reads> {
  const everTask = createEverTask({ storage: database.storage(), tasks: [counted] });
  const { id } = await everTask.dispatch(counted, null);
  const api = createApi(everTask, {
    authorize: () => ({ user: "bench", can: ["view", "payloads"] }),
  });
  const calls = new Map<string, () => Promise<unknown>>();
  for (const [name, read] of Object.entries(reads)) calls.set(name, () => read(everTask, { id }));
  for (const path of requests) {
    calls.set(`GET ${path}`, async () => {
      const response = await api.fetch(new Request(`http://localhost${path}`));
      if (!response.ok) throw new Error(`${path} answered ${response.status}.`);
      await response.text();
    });
  }
  return { calls, [Symbol.asyncDispose]: () => everTask[Symbol.asyncDispose]() };
}

/**
 * Measures a read in both stores, in turns, so that whatever else the machine does slows both.
 * Returns the medians in milliseconds.
 */
async function medians(
  calls: readonly (() => Promise<unknown>)[],
  runs: number,
): Promise<number[]> {
  const times = calls.map((): number[] => []);
  for (const call of calls) await call();
  for (let run = 0; run < runs; run++) {
    for (const [at, call] of calls.entries()) {
      const began = performance.now();
      await call();
      times[at]!.push(performance.now() - began);
    }
  }
  return times.map(median);
}

/** Multiplies the numbers of tasks. */
function scaled({ ended, waiting, failed }: Filling, factor: number): Filling {
  const times = (count: number) => Math.max(1, Math.round(count * factor));
  return { ended: times(ended), waiting: times(waiting), failed: times(failed) };
}

/** Compares each read. */
export const operateSubject: Subject = {
  name: "operate",
  about:
    "reads of operators beside millions of ended tasks: at most 3 times as long as beside 5,000",
  async run({ stores, runs, factor }, progress) {
    const results: OperateComparison[] = [];
    for (const store of await openStores(stores, ["sqlite", "postgres"])) {
      await using measured = store;
      await using few = await measured.createDatabase();
      await using many = await measured.createDatabase();
      const filling = scaled(large, factor);
      progress(`${measured.name}: storing ${grouped(filling.ended)} ended tasks`);
      await fillStore(measured.name, few, small);
      await fillStore(measured.name, many, filling);
      progress(`${measured.name}: reading`);
      await using smallReads = await openReads(few);
      await using largeReads = await openReads(many);
      for (const [read, ofFew] of smallReads.calls) {
        const [smallMs, largeMs] = await medians(
          [ofFew, largeReads.calls.get(read)!],
          runs,
        ) as [number, number];
        const ofSmall = largeMs / Math.max(smallMs, leastMs);
        results.push({ store: measured.name, read, smallMs, largeMs, ratio: ofSmall });
      }
    }
    const tooSlow = results.filter((each) => each.ratio > mostRatio);
    const rows = results.map((each) => [
      `${each.store} ${each.read}`,
      milliseconds(each.smallMs),
      milliseconds(each.largeMs),
      ratio(each.ratio) + (each.ratio > mostRatio ? " !" : ""),
    ]);
    if (tooSlow.length > 0) Deno.exitCode = 1;
    const note = `${tooSlow.length} of ${results.length} reads take more than ${mostRatio} times ` +
      `as long. Less than ${leastMs} ms counts as ${leastMs} ms, because shorter differences are noise.`;
    const head = ["read", "5,000 tasks", `× ${factor} of 5,120,000`, "ratio"];
    return { data: results, text: `${table(head, rows)}\n\n${note}` };
  },
};

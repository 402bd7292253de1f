// EverTask beside other libraries, on the same machine in the same run: `deno task bench:peers [--store sqlite,postgres]
// [--runs 5] [--tasks N] [--json]`. Needs npm.
//
// Every measurement is a process of its own in the library's own runtime, on empty databases; contenders take turns, so that
// whatever else the machine does hits all alike. PostgreSQL waits for the disk with each commit.

import { readArguments, UsageError } from "../support/arguments.ts";
import { describeEnvironment, environment } from "../support/environment.ts";
import { medians, milliseconds, rate, ratio } from "../support/figures.ts";
import { type BenchStore, openStores } from "../support/stores.ts";
import { table } from "../support/table.ts";
import { runCommand } from "../../tests/support/run_command.ts";
import { type Contender, contenders, type Measurement } from "./contenders.ts";
import { type Installation, installPeers } from "./installation.ts";

/** How many tasks a measurement takes by default. */
const defaultTasks: Readonly<Record<Contender["store"], number>> = {
  sqlite: 50_000,
  postgres: 50_000,
};
const singleTasks = 1000;

/** What a contender tells: its throughput, or for latency the other two, in milliseconds. */
interface Told {
  readonly tasksPerSecond: number;
  readonly p50: number;
  readonly p99: number;
}

/** One run of a contender, or the medians of several. */
interface Figures {
  /** Tasks a second. */
  readonly lifecycle: number;
  /** Tasks a second. */
  readonly drain: number;
  /** Milliseconds from dispatch to handler, one task at a time. */
  readonly p50: number;
  readonly p99: number;
}

interface Result extends Figures {
  readonly store: string;
  readonly contender: string;
}

async function measure(
  contender: Contender,
  measurement: Measurement,
  tasks: number,
  store: BenchStore,
  installation: Installation,
): Promise<Told> {
  const share = contender.share?.[measurement] ?? 1;
  const count = Math.max(10, Math.round(tasks * share));
  await using warmUp = await store.createDatabase();
  await using measured = await store.createDatabase();
  const [program, ...args] = contender.command(installation);
  const { stdout } = await runCommand(
    program,
    [...args, measurement, `${count}`, warmUp.address, measured.address],
    { cwd: installation.folder, timeout: 600_000 },
  );
  return JSON.parse(stdout);
}

async function measureStore(
  store: BenchStore,
  runs: number,
  tasks: number,
  installation: Installation,
): Promise<Result[]> {
  const taking = contenders.filter((contender) => contender.store === store.name);
  const measured = new Map<Contender, Figures[]>();
  for (const contender of taking) measured.set(contender, []);
  for (let run = 1; run <= runs; run++) {
    for (const contender of taking) {
      console.error(`… ${store.name}: ${contender.name}, run ${run} of ${runs}`);
      const take = (measurement: Measurement, count: number) =>
        measure(contender, measurement, count, store, installation);
      const { tasksPerSecond: lifecycle } = await take("lifecycle", tasks);
      const { tasksPerSecond: drain } = await take("drain", tasks);
      const { p50, p99 } = await take("latency", Math.min(singleTasks, tasks));
      measured.get(contender)!.push({ lifecycle, drain, p50, p99 });
    }
  }
  return taking.map((contender) => ({
    store: store.name,
    contender: contender.name,
    ...medians(measured.get(contender)!),
  }));
}

/** A table with every figure, and Full's and None's as multiples of it. */
function describe(results: readonly Result[]): string {
  const ours = (level: string) => results.find((row) => row.contender === `EverTask, ${level}`)!;
  const [full, none] = [ours("Full"), ours("None")];
  const cells = (row: Result, value: (row: Result) => number) => [
    rate(value(row)),
    ratio(value(full) / value(row)),
    ratio(value(none) / value(row)),
  ];
  return table(
    [
      results[0]!.store,
      ...["lifecycle/s", "Full is", "None is"],
      ...["drain/s", "Full is", "None is"],
      ...["alone p50", "p99"],
    ],
    results.map((row) => [
      row.contender,
      ...cells(row, ({ lifecycle }) => lifecycle),
      ...cells(row, ({ drain }) => drain),
      ...[row.p50, row.p99].map(milliseconds),
    ]),
  );
}

async function main(args: string[]): Promise<void> {
  const { options } = readArguments(args);
  const { runs, tasks, json } = options;
  const stores = await openStores(options.stores, ["sqlite", "postgres"]);
  const machine = environment();
  console.error("… installing the other libraries from npm");
  await using installation = await installPeers();
  const results: Result[] = [];
  for (const store of stores) {
    await using measured = store;
    const count = tasks ?? defaultTasks[store.name as Contender["store"]];
    results.push(...await measureStore(measured, runs, count, installation));
  }
  const { versions } = installation;
  if (json) return console.log(JSON.stringify({ machine, versions, runs, results }, null, 2));
  const libraries = Object.entries(versions).map((entry) => entry.join(" ")).join(", ");
  const tables = stores.map(({ name }) => describe(results.filter(({ store }) => store === name)));
  const lines = [describeEnvironment(machine), libraries, `Medians of ${runs}.`, ...tables];
  console.log(lines.join("\n\n"));
}

try {
  await main(Deno.args);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  Deno.exit(2);
}

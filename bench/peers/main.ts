// EverTask beside other libraries, on the same machine in the same run: `deno task bench:peers [lifecycle | drain | latency]
// [--store sqlite,postgres] [--runs 5] [--tasks N] [--json]`; all three measurements if none is named. Needs npm.
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

const measurements: readonly Measurement[] = ["lifecycle", "drain", "latency"];

/** What a contender tells: its throughput, or for latency the other two, in milliseconds. */
interface Told {
  readonly tasksPerSecond: number;
  readonly p50: number;
  readonly p99: number;
}

/** One run of a contender, or the medians of several: of what was measured. */
interface Figures {
  /** Tasks a second. */
  readonly lifecycle?: number;
  /** Tasks a second. */
  readonly drain?: number;
  /** Milliseconds from dispatch to handler, one task at a time. */
  readonly p50?: number;
  readonly p99?: number;
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
  measurements: readonly Measurement[],
  runs: number,
  tasks: number,
  installation: Installation,
): Promise<Result[]> {
  const taking = contenders.filter((contender) => contender.store === store.name);
  const measured = new Map<Contender, Figures[]>();
  for (const contender of taking) measured.set(contender, []);
  for (let run = 1; run <= runs; run++) {
    for (const contender of taking) {
      const take = (measurement: Measurement, count: number) =>
        measure(contender, measurement, count, store, installation);
      const figures = {};
      for (const measurement of measurements) {
        if (measurement === "latency") {
          const { p50, p99 } = await take(measurement, Math.min(singleTasks, tasks));
          Object.assign(figures, { p50, p99 });
        } else {
          const { tasksPerSecond } = await take(measurement, tasks);
          Object.assign(figures, { [measurement]: tasksPerSecond });
        }
      }
      measured.get(contender)!.push(figures);
      const told = JSON.stringify(figures);
      console.error(`… ${store.name}: ${contender.name}, run ${run} of ${runs}: ${told}`);
    }
  }
  return taking.map((contender) => ({
    store: store.name,
    contender: contender.name,
    ...medians<Figures>(measured.get(contender)!),
  }));
}

/** A table with every figure, and Full's and None's as multiples of it. */
function describe(results: readonly Result[]): string {
  const ours = (level: string) => results.find((row) => row.contender === `EverTask, ${level}`)!;
  const [full, none] = [ours("Full"), ours("None")];
  const rates = (["lifecycle", "drain"] as const).filter((name) => full[name] !== undefined);
  const waits = (["p50", "p99"] as const).filter((name) => full[name] !== undefined);
  return table(
    [
      results[0]!.store,
      ...rates.flatMap((name) => [`${name}/s`, "Full is", "None is"]),
      ...waits.map((name) => `alone ${name}`),
    ],
    results.map((row) => [
      row.contender,
      ...rates.flatMap((name) => [
        rate(row[name]!),
        ratio(full[name]! / row[name]!),
        ratio(none[name]! / row[name]!),
      ]),
      ...waits.map((name) => milliseconds(row[name]!)),
    ]),
  );
}

/** What the command line asks for. */
function chosenMeasurements(name: string | null): readonly Measurement[] {
  if (name === null) return measurements;
  const chosen = measurements.filter((each) => each === name);
  if (chosen.length > 0) return chosen;
  throw new UsageError(`There is no measurement "${name}": take of ${measurements.join(", ")}.`);
}

async function main(args: string[]): Promise<void> {
  const { subject, options } = readArguments(args);
  const chosen = chosenMeasurements(subject);
  const { runs, tasks, json } = options;
  const stores = await openStores(options.stores, ["sqlite", "postgres"]);
  const machine = environment();
  console.error("… installing the other libraries from npm");
  await using installation = await installPeers();
  const results: Result[] = [];
  for (const store of stores) {
    await using measured = store;
    const count = tasks ?? defaultTasks[store.name as Contender["store"]];
    results.push(...await measureStore(measured, chosen, runs, count, installation));
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

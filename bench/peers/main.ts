// Compares EverTask with other libraries on the same machine in the same run: `deno task
// bench:peers --help`. Needs npm.
//
// Every measurement is a separate process in the library's own runtime, on empty databases.
// Contenders take turns, so that other work of the machine affects all alike. PostgreSQL waits for
// the disk with each commit.

import { readArguments, UsageError } from "../support/arguments.ts";
import { describeEnvironment, environment } from "../support/environment.ts";
import { medians, milliseconds, rate, ratio } from "../support/figures.ts";
import { openStores } from "../support/stores.ts";
import { table } from "../support/table.ts";
import { runCommand } from "../../tests/support/run_command.ts";
import { type Contender, contenders, type Measurement, type PeerStore } from "./contenders.ts";
import { type Installation, installPeers } from "./installation.ts";
import { hasRedis, redisStore } from "./redis_store.ts";

/** The default number of tasks of a measurement. */
const defaultTasks: Readonly<Record<Contender["store"], number>> = {
  sqlite: 50_000,
  postgres: 50_000,
  redis: 50_000,
};
const singleTasks = 1000;

const measurements: readonly Measurement[] = ["lifecycle", "drain", "latency"];

/** The report of a contender: its throughput, or the two latencies in milliseconds. */
interface Told {
  readonly tasksPerSecond: number;
  readonly p50: number;
  readonly p99: number;
}

/** The result of one run of a contender, or the medians of several. */
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
  store: PeerStore,
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
  store: PeerStore,
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

/**
 * Returns a table of the figures on a store. After each throughput, it has the throughput of
 * EverTask at Full and at None as a multiple. Libraries on Redis are compared with EverTask on
 * PostgreSQL or else on SQLite, because EverTask does not support Redis.
 */
function describe(all: readonly Result[], store: string): string {
  const on = (name: string) => all.filter((row) => row.store === name);
  const hasOurs = (row: Result) => row.contender.startsWith("EverTask");
  const others = ["postgres", "sqlite"].map(on).find((rows) => rows.length > 0) ?? [];
  const results = on(store).some(hasOurs) ? on(store) : [...others.filter(hasOurs), ...on(store)];
  const ours = (level: string) => results.find((row) => row.contender === `EverTask, ${level}`)!;
  const [full, none] = [ours("Full"), ours("None")];
  const rates = (["lifecycle", "drain"] as const).filter((name) => full[name] !== undefined);
  const waits = (["p50", "p99"] as const).filter((name) => full[name] !== undefined);
  return table(
    [
      store,
      ...rates.flatMap((name) => [`${name}/s`, "Full is", "None is"]),
      ...waits.map((name) => `alone ${name}`),
    ],
    results.map((row) => [
      row.store === store ? row.contender : `${row.contender} (${row.store})`,
      ...rates.flatMap((name) => [
        rate(row[name]!),
        ratio(full[name]! / row[name]!),
        ratio(none[name]! / row[name]!),
      ]),
      ...waits.map((name) => milliseconds(row[name]!)),
    ]),
  );
}

const help = `deno task bench:peers [lifecycle | drain | latency] [options]

EverTask beside plainjob (SQLite), pg-boss and graphile-worker (PostgreSQL) and BullMQ (Redis, where
redis-server is installed), which are fetched from npm. Without a name: all three measurements.

  lifecycle  256 callers dispatch one task after the other while a worker runs them
  drain      a worker runs a stored backlog
  latency    from dispatch to handler, one task at a time

  --store a,b     sqlite, postgres, redis (every one that is available)
  --runs N        how often each measurement is repeated; the median counts (5)
  --tasks N       how many tasks one measurement takes (50000)
  --json          prints only the results, as JSON`;

/**
 * Opens the given stores, or all available ones for null.
 *
 * @throws {UsageError} If one is unknown or out of reach.
 */
async function openPeerStores(names: readonly string[] | null): Promise<PeerStore[]> {
  const redisHere = await hasRedis();
  const wantsRedis = names?.includes("redis") ?? redisHere;
  if (wantsRedis && !redisHere) {
    throw new UsageError("To measure on Redis, install redis-server.");
  }
  const own = (names ?? ["sqlite", "postgres"]).filter((name) => name !== "redis");
  if (own.length === 0) {
    throw new UsageError("EverTask does not run on Redis: name sqlite or postgres as well.");
  }
  const stores: PeerStore[] = await openStores(own, ["sqlite", "postgres"]);
  if (wantsRedis) stores.push(await redisStore());
  return stores;
}

/**
 * Returns the measurement with a name, or all for null.
 *
 * @throws {UsageError} If there is no such measurement.
 */
function chosenMeasurements(name: string | null): readonly Measurement[] {
  if (name === null) return measurements;
  const chosen = measurements.filter((each) => each === name);
  if (chosen.length > 0) return chosen;
  throw new UsageError(
    `There is no measurement "${name}": choose from ${measurements.join(", ")}.`,
  );
}

/**
 * Runs what the arguments ask for.
 *
 * @throws {UsageError} If they are wrong.
 */
export async function main(args: string[]): Promise<void> {
  const { subject, help: wantsHelp, options } = readArguments(args);
  if (wantsHelp) return console.log(help);
  const chosen = chosenMeasurements(subject);
  const { runs, tasks, json } = options;
  const stores = await openPeerStores(options.stores);
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
  const tables = stores.map(({ name }) => describe(results, name));
  const lines = [describeEnvironment(machine), libraries, `Medians of ${runs}.`, ...tables];
  console.log(lines.join("\n\n"));
}

if (import.meta.main) {
  try {
    await main(Deno.args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\n${help}`);
    Deno.exit(2);
  }
}

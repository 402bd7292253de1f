// Measures the cost of each audit level on every store: throughput, latency and rows.

import { type AuditLevel, auditLevels } from "@evertask/evertask";
import { auditLevelChart } from "./audit_levels_chart.ts";
import type { LevelFigures } from "./level_figures.ts";
import { measureDrain } from "./measures/drain.ts";
import { dispatchers, measureLifecycle } from "./measures/lifecycle.ts";
import { measureLatency } from "./measures/latency.ts";
import { countRows, type RowCounts } from "./measures/verify.ts";
import type { BenchOptions } from "./support/arguments.ts";
import { grouped, medians, milliseconds, rate, ratio } from "./support/figures.ts";
import type { BenchDatabase } from "./support/open_storage.ts";
import type { BenchStore } from "./support/bench_store.ts";
import { openStores } from "./support/stores.ts";
import type { Report, Subject } from "./support/subject.ts";
import { table } from "./support/table.ts";

/** The number of tasks of a measurement, which takes about a second. */
const defaultTasks: Readonly<Record<string, number>> = {
  memory: 200_000,
  sqlite: 50_000,
  postgres: 20_000,
  sqlserver: 5_000,
};

/**
 * The maximum number of tasks that are dispatched one at a time, to measure the latency of a single
 * task.
 */
const mostAlone = 1000;

/** The figures of one run of all measurements at one level. */
type Run = Omit<LevelFigures, "store" | "auditLevel" | "tasks" | `${string}ToFull` | "rows">;

async function measureStore(
  store: BenchStore,
  options: BenchOptions,
  progress: (text: string) => void,
): Promise<LevelFigures[]> {
  const tasks = options.tasks ?? defaultTasks[store.name]!;
  const rows = new Map<AuditLevel, RowCounts>();
  const runs = new Map<AuditLevel, Run[]>(auditLevels.map((level) => [level, []]));
  // The first round is a warm-up of code and caches. Levels take turns, so that other work of the
  // machine affects all alike.
  for (let round = 0; round <= options.runs; round++) {
    for (const auditLevel of auditLevels) {
      progress(
        `${store.name}: ${auditLevel}, ${
          round === 0 ? "warm-up" : `run ${round} of ${options.runs}`
        }`,
      );
      const run = await measureLevel(store, auditLevel, tasks, (counted) => {
        rows.set(auditLevel, counted);
      });
      if (round > 0) runs.get(auditLevel)!.push(run);
    }
  }
  const full = medians(runs.get("Full")!);
  return auditLevels.map((auditLevel) => {
    const figures = medians(runs.get(auditLevel)!);
    return {
      store: store.name,
      auditLevel,
      tasks,
      ...figures,
      lifecycleToFull: figures.lifecycle / full.lifecycle,
      drainToFull: figures.drain / full.drain,
      rows: rows.get(auditLevel)!,
    };
  });
}

async function measureLevel(
  store: BenchStore,
  auditLevel: AuditLevel,
  tasks: number,
  onRows: (rows: RowCounts) => void,
): Promise<Run> {
  const onFresh = async <T>(measure: (database: BenchDatabase) => Promise<T>): Promise<T> => {
    await using database = await store.createDatabase();
    return await measure(database);
  };
  const lifecycle = await onFresh(async (database) => {
    const figures = await measureLifecycle(database, { auditLevel, tasks });
    onRows(await countRows(database));
    return figures;
  });
  const drained = await onFresh((database) => measureDrain(database, auditLevel, tasks));
  const alone = await onFresh((database) =>
    measureLatency(database, { auditLevel, callers: 1, tasks: Math.min(mostAlone, tasks) })
  );
  const loaded = await onFresh((database) =>
    measureLatency(database, { auditLevel, callers: dispatchers, tasks })
  );
  return {
    lifecycle: lifecycle.tasksPerSecond,
    drain: drained.tasksPerSecond,
    aloneP50: alone.p50,
    aloneP99: alone.p99,
    loadedP50: loaded.p50,
    loadedP99: loaded.p99,
  };
}

function describe(figures: readonly LevelFigures[], options: BenchOptions): string {
  const throughput = table(
    ["tasks/s", "lifecycle", "to Full", "drain", "to Full"],
    figures.map((row) => [
      `${row.store} ${row.auditLevel}`,
      rate(row.lifecycle),
      ratio(row.lifecycleToFull),
      rate(row.drain),
      ratio(row.drainToFull),
    ]),
  );
  const waits = table(
    ["dispatch → handler", "alone p50", "p99", `${dispatchers} at once p50`, "p99"],
    figures.map((row) => [
      `${row.store} ${row.auditLevel}`,
      ...[row.aloneP50, row.aloneP99, row.loadedP50, row.loadedP99].map(milliseconds),
    ]),
  );
  const rows = table(
    ["rows written", "tasks", "status audit", "runs audit", "execution log"],
    figures.map(({ store, auditLevel, rows }) => [
      `${store} ${auditLevel}`,
      ...[rows.tasks, rows.statusAudit, rows.runsAudit, rows.executionLog].map(grouped),
    ]),
  );
  return [
    `lifecycle: ${dispatchers} callers dispatch one task after the other, each awaiting its commit, while a worker`,
    "runs them; drain: a worker runs a stored backlog. Both last until the last end is stored. " +
    `Medians of ${options.runs}.`,
    "",
    throughput,
    "",
    waits,
    "",
    rows,
  ].join("\n");
}

/** Compares the audit levels. */
export const auditLevelsSubject: Subject = {
  name: "audit-levels",
  about: "the audit levels on every store: throughput, waiting times, rows",
  async run(options, progress): Promise<Report> {
    const figures: LevelFigures[] = [];
    for (const store of await openStores(options.stores)) {
      await using measured = store;
      figures.push(...await measureStore(measured, options, progress));
    }
    return { data: figures, text: describe(figures, options), svg: auditLevelChart(figures) };
  },
};

// Tests the benchmarks as programs: they run, count correctly and report wrong arguments. Speed is
// not tested.

import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreater,
  assertLessOrEqual,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { type AuditLevel, auditLevels } from "../mod.ts";
import { shouldCreateStatusAudit } from "../src/storage/mod.ts";
import type { LevelFigures } from "../bench/level_figures.ts";
import type { CopyFigures } from "../bench/copy.ts";
import type { OperateComparison } from "../bench/operate.ts";
import type { RateLimitFigures } from "../bench/rate_limits.ts";
import type { SeriesFigures } from "../bench/series.ts";
import { auditLevelChart } from "../bench/audit_levels_chart.ts";
import * as bench from "../bench/main.ts";
import * as peers from "../bench/peers/main.ts";
import { UsageError } from "../bench/support/arguments.ts";
import { median, percentile, rate } from "../bench/support/figures.ts";
import { table } from "../bench/support/table.ts";
import { startPostgres } from "./support/pg_server.ts";

const root = new URL("../", import.meta.url);

async function run(program: string, args: string[], env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", new URL(program, root).pathname, ...args],
    env,
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Runs a benchmark in its smallest form, and returns its results. */
async function results<Row>(...args: string[]): Promise<Row[]> {
  return await resultsWith<Row>({}, ...args);
}

/** Like {@linkcode results}, with environment variables. */
async function resultsWith<Row>(env: Record<string, string>, ...args: string[]): Promise<Row[]> {
  const all = [...args, "--runs", "1", "--json"];
  const { code, stdout, stderr } = await run("bench/main.ts", all, env);
  // Exit code 1 means that a measurement exceeds its limit, which may happen on a busy machine.
  assertLessOrEqual(code, 1, stderr);
  assertNotEquals(stdout, "", stderr);
  return JSON.parse(stdout).results;
}

/** The number of status audit rows of a task without errors. */
function auditRowsOfTask(level: AuditLevel): number {
  const statuses = ["Queued", "InProgress", "Completed"] as const;
  return statuses.filter((status) => shouldCreateStatusAudit(level, status, null)).length;
}

Deno.test("a copy is measured in both directions, with all rows", async () => {
  const copies = await results<CopyFigures>("copy", "--tasks", "500");
  assertEquals(
    copies.map(({ from, to, rows }) => [from, to, rows]),
    [["sqlite", "postgres", 2000], ["postgres", "sqlite", 2000]],
  );
  for (const { rowsPerSecond, writtenPerSecond } of copies) {
    assertGreater(writtenPerSecond, rowsPerSecond);
  }
});

Deno.test("each query of operators is timed in a small and in a large store", async () => {
  const args = ["--store", "sqlite", "--factor", "0.0001"];
  const rows = await results<OperateComparison>("operate", ...args);
  assertGreater(rows.length, 15);
  for (const { read, smallMs, largeMs } of rows) assert(smallMs > 0 && largeMs > 0, read);
});

Deno.test("the comparison of audit levels counts the rows of each level", async () => {
  const svg = await Deno.makeTempFile({ suffix: ".svg" });
  const args = ["--store", "memory,sqlite", "--tasks", "100", "--svg", svg];
  const rows = await results<LevelFigures>("audit-levels", ...args);
  assertEquals(
    rows.map(({ store, auditLevel, rows }) => [store, auditLevel, rows.statusAudit]),
    ["memory", "sqlite"].flatMap((store) =>
      auditLevels.map((level) => [store, level, 100 * auditRowsOfTask(level)])
    ),
  );
  for (const row of rows) {
    assertEquals([row.tasks, row.rows.tasks], [100, 100]);
    for (const figure of [row.lifecycle, row.drain, row.aloneP50, row.loadedP99]) {
      assertGreater(figure, 0);
    }
    assert(row.aloneP50 <= row.aloneP99);
    if (row.auditLevel === "Full") assertEquals([row.lifecycleToFull, row.drainToFull], [1, 1]);
  }
  assertStringIncludes(await Deno.readTextFile(svg), "</svg>");
  await Deno.remove(svg);
});

Deno.test("the benchmarks of idling, backlogs and events run", async () => {
  const idle = await results<{ store: string; statements: Record<string, number> }>(
    "idle",
    "--store",
    "sqlite",
    "--seconds",
    "2",
  );
  assertEquals(idle.map(({ store }) => store), ["sqlite", "sqlite, exclusive"]);
  assertGreater(idle[0]!.statements["PRAGMA data_version"]!, 0);
  assertEquals(idle[1]!.statements["PRAGMA data_version"], undefined);

  const backlog = await results<{ tasks: number; memoryAtMost: number }>(
    "backlog",
    "--store",
    "sqlite",
    "--tasks",
    "1000",
  );
  assertEquals(backlog.map(({ tasks }) => tasks), [10, 1000]);
  for (const { memoryAtMost } of backlog) assertGreater(memoryAtMost, 0);

  const events = await results<{ none: number; errors: number; all: number; asking: number }>(
    "events",
    "--store",
    "sqlite",
    "--tasks",
    "500",
  );
  for (const figure of Object.values(events[0]!)) assert(figure !== 0);
});

interface CostRow {
  readonly work: string;
  readonly auditLevel: AuditLevel;
  readonly rowVersions: number;
}

Deno.test("the benchmarks on PostgreSQL run", async () => {
  await using server = await startPostgres();
  const env = { EVERTASK_TEST_POSTGRES: server.url };
  const [processes, cost, finished, snapshot] = await Promise.all([
    resultsWith<{ processes: number }>(env, "processes", "--tasks", "100"),
    resultsWith<CostRow>(env, "postgres-cost", "--tasks", "500"),
    resultsWith<{ store: string; finished: number }>(
      env,
      "finished-rows",
      "--tasks",
      "100",
      "--finished",
      "1000",
    ),
    resultsWith<{ tasksBefore: number }>(env, "old-snapshot", "--tasks", "100"),
  ]);
  assertEquals(processes.map(({ processes }) => processes), [1, 2, 4]);
  // At Full, a task writes three rows of history more than at None. The first, at its dispatch, is
  // not part of a drain.
  for (const [work, history] of [["lifecycle", 3], ["drain", 2]] as const) {
    const rows = cost.filter((row) => row.work === work);
    assertEquals(rows.map((row) => row.auditLevel), auditLevels);
    const versions = new Map(rows.map((row) => [row.auditLevel, row.rowVersions]));
    assertAlmostEquals(versions.get("Full")! - versions.get("None")!, history, 0.5);
  }
  assertEquals(
    finished.map(({ store, finished }) => [store, finished]),
    ["sqlite", "postgres"].flatMap((store) => [[store, 0], [store, 1000]]),
  );
  assertEquals(snapshot.map(({ tasksBefore }) => tasksBefore), [
    0,
    10,
    20,
    30,
    40,
    50,
    60,
    70,
    80,
    90,
  ]);
});

Deno.test("the benchmark of rate limits compares tasks with and without a limit", async () => {
  const args = ["--store", "memory,sqlite", "--tasks", "100"];
  const rows = await results<RateLimitFigures>("rate-limits", ...args);
  assertEquals(rows.map(({ store }) => store), [
    ...["memory", "memory", "memory", "sqlite", "sqlite", "sqlite"],
  ]);
  for (const { limit, tasksPerSecond, ratio } of rows) {
    assertGreater(tasksPerSecond, 0);
    if (limit === "none") assertEquals(ratio, 1);
    else assertGreater(ratio, 0);
  }
});

Deno.test("the benchmark of series compares stores with and without series", async () => {
  const args = ["--store", "memory,sqlite", "--series", "200", "--tasks", "100"];
  const rows = await results<SeriesFigures>("series", ...args);
  assertEquals(rows.map(({ store, series }) => [store, series]), [
    ["memory", 0],
    ["memory", 200],
    ["sqlite", 0],
    ["sqlite", 200],
  ]);
  for (const { series, ratios, dispatchedPerSecond, drainedPerSecond, latency } of rows) {
    for (const figure of [dispatchedPerSecond, drainedPerSecond, latency]) assertGreater(figure, 0);
    if (series === 0) {
      assertEquals(ratios, { dispatchedPerSecond: 1, drainedPerSecond: 1, latency: 1 });
    }
  }
});

Deno.test("a benchmark rejects wrong arguments with the mistake", async () => {
  const wrongCalls: [args: string[], message: string][] = [
    [["fastest"], 'There is no benchmark "fastest".'],
    [["--store", "oracle"], 'This cannot be measured on "oracle"'],
    [["processes", "--store", "memory"], 'This cannot be measured on "memory"'],
    [["--runs", "0"], '--runs is "0"'],
    [["--what"], "--what"],
    [["events", "idle"], "Only one benchmark"],
  ];
  for (const [args, message] of wrongCalls) {
    await assertRejects(() => bench.main(args), UsageError, message);
  }
});

Deno.test("the comparison with other libraries rejects wrong arguments with the mistake", async () => {
  const wrongCalls: [args: string[], message: string][] = [
    [["fastest"], 'There is no measurement "fastest"'],
    [["--store", "oracle"], 'This cannot be measured on "oracle"'],
  ];
  for (const [args, message] of wrongCalls) {
    await assertRejects(() => peers.main(args), UsageError, message);
  }
});

const programs = [
  { program: "bench/main.ts", usage: "deno task bench [name] [options]", subject: "audit-levels" },
  {
    program: "bench/peers/main.ts",
    usage: "deno task bench:peers [lifecycle | drain | latency] [options]",
    subject: "latency",
  },
];

for (const { program, usage, subject } of programs) {
  Deno.test(`${program} prints its help, also for wrong arguments, which exit with code 2`, async () => {
    const [help, wrong] = await Promise.all([run(program, ["--help"]), run(program, ["fastest"])]);
    assertEquals(help.code, 0);
    for (const part of [usage, subject]) assertStringIncludes(help.stdout, part);
    assertEquals(wrong.code, 2, wrong.stderr);
    assertStringIncludes(wrong.stderr, '"fastest"');
    assertStringIncludes(wrong.stderr, usage);
  });
}

Deno.test("the chart has one bar per level in each panel, in proportion to its value", () => {
  const figures = (["Full", "None"] as const).map((auditLevel, index) => ({
    store: "sqlite",
    auditLevel,
    lifecycle: 50_000 * (index + 1),
    drain: 100_000,
  })) as LevelFigures[];
  const chart = auditLevelChart(figures);
  const widths = [...chart.matchAll(/<rect [^>]*width="(\d+)"/g)].map(([, width]) => width);
  assertEquals(widths, ["115", "230", "230", "230"]);
  assertStringIncludes(chart, ">50,000</text>");
  assertStringIncludes(chart, "prefers-color-scheme: dark");
});

Deno.test("percentiles use the nearest rank, rates are rounded, and tables are aligned", () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  assertEquals([percentile(values, 0.5), percentile(values, 0.99), percentile([7], 0.99)], [
    50,
    99,
    7,
  ]);
  assertEquals([median([3, 1, 2]), median([4, 1, 2, 3])], [2, 2.5]);
  assertEquals([rate(25_349), rate(999.6), rate(5)], ["25,300", "1,000", "5"]);
  assertEquals(table(["name", "n"], [["a", "10"]]), "name   n\n────  ──\na     10");
});

// Rows that EverTask for .NET has stored: their schedules are converted, and the rows are adopted.
// The .NET packages come from the registry, or from the folder in EVERTASK_TEST_NUGET_SOURCE.

import { assertAlmostEquals, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { readSchedule } from "../../drivers/sqlserver/schedules.ts";
import { describeRecurrence } from "../../src/schedule/describe_recurrence.ts";
import { parseRecurrence } from "../../src/schedule/recurrence.ts";
import { occurrenceAfter } from "../../src/schedule/series.ts";
import { withAdopted } from "../drivers/sqlserver/adopted.ts";
import { runCommand } from "../support/run_command.ts";
import { needsTarget } from "../support/tsql_server/target.ts";
import { buildProject } from "./dotnet.ts";

const folder = await Deno.makeTempDir({ prefix: "evertask-dotnet-" });
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
const { program, missing } = await buildProject("upstream_tables", folder);

const needs = missing === null ? "" : ` (needs ${missing})`;

/** A row of upstream's table in SQLite, whose instants are texts. */
interface UpstreamTask {
  readonly id: string;
  readonly status: string;
  readonly queue: string;
  readonly key: string | null;
  readonly createdAt: string;
  readonly scheduled: string | null;
  readonly nextRun: string | null;
  readonly schedule: string | null;
  readonly auditLevel: number;
}

/** The rows that upstream has stored, by the operation on each. */
let stored: Promise<ReadonlyMap<string, UpstreamTask>> | undefined;

async function storeByUpstream(): Promise<ReadonlyMap<string, UpstreamTask>> {
  const path = `${folder}/upstream.db`;
  const { stdout } = await runCommand(program!, ["sqlite", `Data Source=${path}`]);
  const ids = Object.entries(JSON.parse(stdout) as Record<string, string>);
  const database = new DatabaseSync(path, { readOnly: true });
  const select = database.prepare(
    `SELECT lower(Id) AS id, Status AS status, QueueName AS queue, TaskKey AS key,
       CreatedAtUtc AS createdAt, ScheduledExecutionUtc AS scheduled, NextRunUtc AS nextRun,
       RecurringTask AS schedule, AuditLevel AS auditLevel FROM QueuedTasks WHERE Id = upper(?)`,
  );
  const rows = new Map(ids.map(([name, id]) => [name, select.get(id) as unknown as UpstreamTask]));
  database.close();
  return rows;
}

const rowsOfUpstream = () => stored ??= storeByUpstream();

function upstreamTest(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `${name}${needs}`, ignore: missing !== null, fn });
}

/** An instant of upstream's, to the millisecond; its texts have seven digits. */
const instantOf = (text: string | null) => Date.parse(text!.replace(" ", "T"));

/**
 * The maximum time between two readings of the clock by upstream, in milliseconds: first for the
 * next run of a row, and then for its creation.
 */
const clockReadingsMs = 2000;

/**
 * The name of each series, the description of its converted schedule, and the interval between its
 * runs, or null if the interval varies.
 */
const series: readonly (readonly [name: string, reads: string, periodMs: number | null])[] = [
  ["every 5 minutes", "every 5 minutes", 300_000],
  ["daily at 14:30", "every day at 14:30 UTC", 86_400_000],
  ["cron", 'cron "0 3 * * 1" (both days must match) UTC', 7 * 86_400_000],
  ["monthly on the 15th, twice", "every month on day 15 at 06:00 UTC", null],
  ["cancelled series", "every hour", 3_600_000],
];

for (const [name, reads, periodMs] of series) {
  upstreamTest(`EverTask for .NET's schedule is read: ${name}`, async () => {
    const row = (await rowsOfUpstream()).get(name)!;
    const createdAt = instantOf(row.createdAt);
    const read = readSchedule(row.schedule, createdAt);
    assertEquals([read.unreadable, read.maxRuns ?? null], [
      undefined,
      name.endsWith("twice") ? 2 : null,
    ]);
    const recurrence = parseRecurrence(JSON.parse(read.schedule));
    assertEquals(describeRecurrence(recurrence), reads);
    const planned = instantOf(row.nextRun);
    // Upstream skips the first day of a daily series. The stored next run has the same effect here.
    const onPlan = occurrenceAfter(recurrence, planned - clockReadingsMs, createdAt)!;
    assertAlmostEquals(onPlan, planned, clockReadingsMs);
    if (periodMs === null) return;
    const next = occurrenceAfter(recurrence, onPlan, createdAt)!;
    assertEquals(next - onPlan, periodMs);
  });
}

Deno.test({
  ...(missing === null ? needsTarget("EverTask for .NET's own rows are adopted") : {
    name: `EverTask for .NET's own rows are adopted${needs}`,
    ignore: true,
  }),
  async fn() {
    const rows = await rowsOfUpstream();
    const inserted = [...rows.values()].map(({ nextRun, schedule, scheduled, key, ...row }) => ({
      ...row,
      ...key === null ? {} : { key },
      ...scheduled === null ? {} : { scheduled: toSqlServer(scheduled) },
      ...nextRun === null ? {} : { nextRun: toSqlServer(nextRun) },
      ...schedule === null ? {} : { schedule },
    }));
    await withAdopted(inserted, async (storage) => {
      for (const [name, row] of rows) {
        const task = (await storage.get(row.id))!;
        const { status, queue, taskKey } = task;
        assertEquals([status, queue, taskKey], [row.status, row.queue, row.key], name);
        const isOver = ["Completed", "Failed", "Cancelled"].includes(row.status);
        const due = isOver ? null : instantOf(row.schedule === null ? row.scheduled : row.nextRun);
        assertEquals(task.dueAt, due, `${name}: when it is due`);
        assertEquals(
          task.series === null,
          row.schedule === null,
          `${name}: whether it is a series`,
        );
        assertEquals(task.series?.unreadable, undefined, name);
      }
    });
  },
});

/** An instant of a text column as a datetimeoffset reads it. */
function toSqlServer(text: string): string {
  return new Date(instantOf(text)).toISOString();
}

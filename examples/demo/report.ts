// The report of a scan: its tasks by status, their rows, and the speed.

import type { ScanEnd } from "./progress.ts";
import type { Scan, Scans } from "./scans.ts";

/** EverTask's tables with rows of tasks, and their columns with the task's id. */
const taskTables = [
  ["queued_tasks", "id"],
  ["status_audit", "queued_task_id"],
  ["runs_audit", "queued_task_id"],
  ["task_execution_log", "task_id"],
] as const;

/** Writes the report. */
export function describeScan(
  scans: Scans,
  scan: Scan,
  { completedHere, elapsedMs, recovered }: Omit<ScanEnd, "finished">,
): string {
  const byStatus = scans.query<{ status: string; tasks: number }>(
    "SELECT status, count(*) AS tasks FROM files JOIN queued_tasks AS task ON task.id = files.task_id " +
      "WHERE scan_id = ? GROUP BY status ORDER BY status",
    scan.id,
  );
  const rows = taskTables.map(([table, column]) => {
    const [counted] = scans.query<{ rows: number }>(
      `SELECT count(*) AS rows FROM files JOIN ${table} AS history ON history.${column} = files.task_id ` +
        "WHERE scan_id = ?",
      scan.id,
    );
    return [table, counted!.rows] as const;
  });
  const failed = scans.query<{ path: string; attempt: number; exception: string }>(
    "SELECT path, attempt, exception FROM files JOIN queued_tasks AS task ON task.id = files.task_id " +
      "WHERE scan_id = ? AND status = 'Failed' ORDER BY path",
    scan.id,
  );
  const [totals] = scans.query<{ files: number; bytes: number; lines: number }>(
    "SELECT count(sha256) AS files, coalesce(sum(bytes), 0) AS bytes, coalesce(sum(lines), 0) AS lines " +
      "FROM files WHERE scan_id = ?",
    scan.id,
  );
  const { files, bytes, lines } = totals!;
  const seconds = elapsedMs / 1000;
  const rate = seconds > 0 ? completedHere / seconds : 0;
  return [
    "",
    ...table("Tasks by status", byStatus.map(({ status, tasks }) => [status, tasks])),
    "",
    ...table(`Rows at audit level ${scan.auditLevel}`, rows),
    "",
    ...failed.map(({ path, attempt, exception }) =>
      `Failed after ${attempt} attempts: ${path}\n  ${exception.split("\n", 1)[0]}`
    ),
    ...(recovered > 0 ? [`Recovered ${recovered} tasks of a lost worker.`] : []),
    `Hashed ${grouped(files)} files, ${grouped(lines)} lines, ${grouped(bytes)} bytes.`,
    `This process: ${grouped(completedHere)} tasks in ${seconds.toFixed(2)} s, ` +
    `${grouped(Math.round(rate))} tasks a second.`,
  ].join("\n");
}

function table(title: string, rows: readonly (readonly [name: string, count: number])[]): string[] {
  const names = Math.max(...rows.map(([name]) => name.length));
  const counts = Math.max(...rows.map(([, count]) => grouped(count).length));
  return [
    title,
    ...rows.map(([name, count]) => `  ${name.padEnd(names)}  ${grouped(count).padStart(counts)}`),
  ];
}

function grouped(count: number): string {
  return count.toLocaleString("en-US");
}

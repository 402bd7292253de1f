// Reads all tasks from the tables when the work has ended, and checks their invariants, which hold
// for any faults of the workers.

import { assert, assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import postgres from "postgres";
import type { Storage } from "../../src/storage/mod.ts";
import type { RunReport } from "./programs/protocol.ts";

/** A task with its audit trail, as the tables have them. */
export interface TaskHistory {
  readonly id: string;
  readonly status: string;
  readonly workerId: string | null;
  readonly dueAt: number | null;
  readonly attempt: number;
  readonly lostCount: number;
  readonly trail: readonly { readonly status: string; readonly at: number }[];
}

/** Reads all tasks of a SQLite file. */
export function sqliteHistories(path: string): TaskHistory[] {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return database.prepare(`
      SELECT id, status, worker_id AS workerId, due_at_utc AS dueAt, attempt, lost_count AS lostCount, (
        SELECT json_group_array(json_object('status', new_status, 'at', updated_at_utc) ORDER BY sequence)
        FROM status_audit WHERE queued_task_id = id
      ) AS trail FROM queued_tasks`).all().map((row) =>
      ({ ...row, trail: JSON.parse(row.trail as string) }) as unknown as TaskHistory
    );
  } finally {
    database.close();
  }
}

/** Reads all tasks of a PostgreSQL database. */
export async function postgresHistories(url: string): Promise<TaskHistory[]> {
  const sql = postgres(url, { max: 1 });
  try {
    return [
      ...await sql<TaskHistory[]>`
        SELECT id, status, worker_id AS "workerId", due_at_utc AS "dueAt", attempt, lost_count AS "lostCount", (
          SELECT json_agg(json_build_object('status', new_status, 'at', date_part('epoch', updated_at_utc) * 1000) ORDER BY a.id)
          FROM evertask.status_audit AS a WHERE queued_task_id = t.id
        ) AS trail FROM evertask.queued_tasks AS t`,
    ];
  } finally {
    await sql.end();
  }
}

/** Reads all tasks of any store, by its contract. */
export async function storedHistories(storage: Storage): Promise<TaskHistory[]> {
  const { items } = await storage.list({}, { limit: 1_000 });
  return await Promise.all(items.map(async (task) => {
    const audit = await storage.statusAudit(task.id);
    const trail = audit.items.map(({ newStatus, updatedAt }) => ({
      status: newStatus,
      at: updatedAt,
    }));
    return { ...task, trail };
  }));
}

const initials: Readonly<Record<string, string>> = {
  Queued: "q",
  InProgress: "i",
  ServiceStopped: "s",
  Completed: "c",
};

/**
 * The audit trail of a completed task that may have lost its worker any number of times. It begins
 * with Queued. Each loss (ServiceStopped) follows a waiting status or InProgress. After a loss, the
 * next attempt that lives long enough to report writes Queued and InProgress. The trail ends with
 * the only Completed.
 */
const trailOfCompletedTask = /^q(i?s((qi)?s)*q)?ic$/;

/**
 * Checks that each task has completed exactly once, ran at least once, and ran again only after its
 * worker was lost.
 *
 * @param runs What all handlers reported.
 */
export function assertEachCompletedOnce(
  ids: readonly string[],
  histories: readonly TaskHistory[],
  runs: readonly RunReport[],
): void {
  assertEquals(histories.map(({ id }) => id).sort(), [...ids].sort());
  const attempts = new Map<string, number[]>(ids.map((id) => [id, []]));
  for (const { kind, taskId, attempt } of runs) {
    if (kind === "started") attempts.get(taskId)!.push(attempt);
  }
  for (const history of histories) assertCompletedOnce(history, attempts.get(history.id)!);
}

function assertCompletedOnce(history: TaskHistory, attempts: readonly number[]): void {
  const { status, workerId, dueAt, attempt, lostCount, trail } = history;
  const text = JSON.stringify({ ...history, attempts });
  assertEquals(
    { status, workerId, dueAt },
    { status: "Completed", workerId: null, dueAt: null },
    text,
  );
  const letters = trail.map(({ status }) => initials[status] ?? "?").join("");
  assert(trailOfCompletedTask.test(letters), `the audit trail is out of order: ${text}`);
  assert(trail.every(({ at }, i) => i === 0 || at >= trail[i - 1]!.at), `time runs back: ${text}`);
  // A loss counts if the task was running, or if it is the first loss.
  const losses = letters.split("s").length - 1;
  assert(lostCount <= losses && (lostCount > 0) === (losses > 0), text);
  assertEquals(attempt, lostCount + 1, text);
  assert(attempts.length >= 1, `it never ran: ${text}`);
  assertEquals(new Set(attempts).size, attempts.length, `one attempt ran twice: ${text}`);
  assert(attempts.includes(attempt), `the attempt that completed it did not run: ${text}`);
}

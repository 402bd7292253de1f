// Records and reads the actions of operators.

import type { ActionProgress } from "../../src/storage/kit/edit_results.ts";
import { pageLimit, pageStart, toPage } from "../../src/storage/paging.ts";
import type { Page, PageRequest } from "../../src/storage/queries.ts";
import type {
  ActionFilter,
  NewOperatorAction,
  OperatorActionRecord,
} from "../../src/storage/requests.ts";
import { Conditions } from "./conditions.ts";
import type { Connection } from "./connection.ts";
import { operatorActionColumns, toOperatorAction } from "./rows.ts";

const insertAction = "INSERT INTO operator_actions (at_utc, verb, actor, reason, target_kind, " +
  "target, before, after, changed, skipped, next) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) " +
  "RETURNING id";

const addBatch = "UPDATE operator_actions SET changed = changed + ?, skipped = skipped + ?, " +
  "next = ? WHERE id = ?";

const selectInTurn = "SELECT 1 FROM operator_actions WHERE id = ? AND next = ?";

/** Records an action, and returns its id. */
export function noteAction(
  connection: Connection,
  now: number,
  { verb, by, reason, target, before, after }: NewOperatorAction,
  { changed, skipped, next }: ActionProgress,
): string {
  const row = connection.get(
    insertAction,
    now,
    verb,
    by,
    reason,
    target.kind,
    target.id,
    before,
    after,
    changed,
    skipped,
    next,
  );
  return String(row!.id);
}

/** Reports whether an action is unfinished and its next batch starts at `start`. */
export function isInTurn(connection: Connection, actionId: string, start: string): boolean {
  return connection.get(selectInTurn, Number(actionId), start) !== undefined;
}

/**
 * Records an action, or adds its counts to the action that it continues. Returns the id of the
 * action.
 */
export function noteProgress(
  connection: Connection,
  now: number,
  action: NewOperatorAction,
  continues: string | null,
  progress: ActionProgress,
): string {
  if (continues === null) return noteAction(connection, now, action, progress);
  const { changed, skipped, next } = progress;
  connection.run(addBatch, changed, skipped, next, Number(continues));
  return continues;
}

/** Implements {@linkcode Storage.operatorActions}. */
export function operatorActions(
  connection: Connection,
  filter: ActionFilter = {},
  page: PageRequest = {},
): Page<OperatorActionRecord> {
  const limit = pageLimit(page);
  const before = pageStart(page);
  const where = new Conditions();
  if (before > 0) where.add("id < ?", before);
  const { by, verbs, taskId, queue } = filter;
  if (by !== undefined) where.add("actor = ?", by);
  if (verbs !== undefined) where.add(`verb IN (${verbs.map(() => "?").join(", ")})`, ...verbs);
  if (taskId !== undefined) where.add("target_kind = 'task' AND target = ?", taskId);
  if (queue !== undefined) where.add("target_kind = 'queue' AND target = ?", queue);
  const rows = connection.all(
    `SELECT ${operatorActionColumns} FROM operator_actions ${where} ORDER BY id DESC LIMIT ?`,
    ...where.parameters,
    limit + 1,
  );
  return toPage(rows, limit, toOperatorAction, ({ id }) => String(id));
}

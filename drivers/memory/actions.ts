// The actions of operators in the memory store.

import type { ActionProgress } from "../../src/storage/kit/edit_results.ts";
import { pageLimit, pageStart, toPage } from "../../src/storage/paging.ts";
import type { Page, PageRequest } from "../../src/storage/queries.ts";
import type {
  ActionBatch,
  ActionFilter,
  NewOperatorAction,
  OperatorActionRecord,
} from "../../src/storage/requests.ts";
import type { MemoryState } from "./state.ts";

/** Records an action, and returns its id. */
export function noteAction(
  state: MemoryState,
  action: NewOperatorAction,
  progress: ActionProgress,
  now: number,
): string {
  const { verb, by, reason, target, before, after } = action;
  const id = String(state.nextNumber());
  const texts = { by: by.toWellFormed(), reason: reason?.toWellFormed() ?? null };
  const onWhat = target.id === null ? target : { ...target, id: target.id.toWellFormed() };
  state.actions.push({
    id,
    doneAt: now,
    verb,
    ...texts,
    target: onWhat,
    before,
    after,
    ...progress,
  });
  return id;
}

/** Reports whether a batch starts an action, or continues one where its previous batch ended. */
export function isInTurn(state: MemoryState, { continues }: ActionBatch): boolean {
  if (continues === null) return true;
  return state.actions.some(({ id, next }) => id === continues.actionId && next === continues.next);
}

/** Adds a batch to the action that it continues. */
export function addToAction(
  state: MemoryState,
  actionId: string,
  progress: ActionProgress,
): void {
  const index = state.actions.findIndex(({ id }) => id === actionId);
  const action = state.actions[index]!;
  state.actions[index] = {
    ...action,
    changed: action.changed + progress.changed,
    skipped: action.skipped + progress.skipped,
    next: progress.next,
  };
}

/** Implements {@linkcode Storage.operatorActions}. */
export function listActions(
  state: MemoryState,
  filter: ActionFilter = {},
  page: PageRequest = {},
): Page<OperatorActionRecord> {
  const limit = pageLimit(page);
  const before = pageStart(page) || Infinity;
  const found = state.actions
    .filter((action) => Number(action.id) < before && matches(action, filter))
    .sort((a, b) => Number(b.id) - Number(a.id));
  return toPage(found, limit, (action) => action, ({ id }) => id);
}

function matches(
  { by, verb, target }: OperatorActionRecord,
  filter: ActionFilter,
): boolean {
  return by === (filter.by?.toWellFormed() ?? by) &&
    (filter.verbs?.includes(verb) ?? true) &&
    (filter.taskId === undefined || target.kind === "task" && target.id === filter.taskId) &&
    (filter.queue === undefined ||
      target.kind === "queue" && target.id === filter.queue.toWellFormed());
}

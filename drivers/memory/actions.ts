// The actions of operators in the memory store.

import type { ActionProgress } from "../../src/storage/kit/edit_results.ts";
import { pageLimit, pageStart, toPage } from "../../src/storage/paging.ts";
import type { Page, PageRequest } from "../../src/storage/queries.ts";
import type {
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

/** Reports whether an action is unfinished and its next batch starts at `start`. */
export function isInTurn(state: MemoryState, actionId: string, start: string): boolean {
  return state.actions.some(({ id, next }) => id === actionId && next === start);
}

/**
 * Records an action, or adds its counts to the action that it continues. Returns the id of the
 * action.
 */
export function noteProgress(
  state: MemoryState,
  action: NewOperatorAction,
  continues: string | null,
  progress: ActionProgress,
  now: number,
): string {
  if (continues === null) return noteAction(state, action, progress, now);
  const index = state.actions.findIndex(({ id }) => id === continues);
  const begun = state.actions[index]!;
  state.actions[index] = {
    ...begun,
    changed: begun.changed + progress.changed,
    skipped: begun.skipped + progress.skipped,
    next: progress.next,
  };
  return continues;
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

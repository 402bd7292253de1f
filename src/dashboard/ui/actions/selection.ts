// The tasks that the user has selected on the page of tasks. The selection stays while the user
// pages through a search, and ends with the search.

import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { Task, TaskStatus } from "../answers.ts";
import type { BulkTarget } from "./bulk_filter.ts";

/** The properties of a task that a selection needs. */
export type Selectable = Pick<Task, "id" | "status">;

/** The maximum number of ids in the filter of a bulk change. */
const mostIds = 1000;

/** The selected tasks by id, with the status in which the user has seen each. */
const tasks = signal<ReadonlyMap<string, TaskStatus>>(new Map());
const everyMatch = signal(false);
/** The search that the selection belongs to. */
let search = "";
/**
 * The task that was clicked last. A click with Shift selects the tasks from it to the task of the
 * click.
 */
let anchor: string | null = null;

/** The number of selected tasks. */
export const selectedCount: ReadonlySignal<number> = computed(() => tasks.value.size);

/**
 * Whether all tasks that match the search are selected, and not only the tasks with the ids in
 * {@linkcode selectedTasks}.
 */
export const isEveryMatch: ReadonlySignal<boolean> = computed(() => everyMatch.value);

/** Reports whether a task is selected. */
export function isSelected({ id }: Selectable): boolean {
  return everyMatch.value || tasks.value.has(id);
}

/** Selects tasks, or removes them from the selection. */
export function select(some: readonly Selectable[], isOn: boolean): void {
  const next = new Map(tasks.value);
  for (const { id, status } of some) {
    if (!isOn) next.delete(id);
    else if (next.size < mostIds) next.set(id, status);
  }
  everyMatch.value = false;
  tasks.value = next;
}

/** Selects a task, or removes it from the selection: for a click on its checkbox. */
export function toggle(task: Selectable): void {
  anchor = task.id;
  select([task], !isSelected(task));
}

/**
 * Selects the tasks from the last clicked task to `task`; if `task` is selected already, removes
 * them from the selection. Called for a click with Shift.
 *
 * @param shown The tasks of the page, in order.
 */
export function selectTo(task: Selectable, shown: readonly Selectable[]): void {
  const [from, to] = [anchor, task.id].map((id) => shown.findIndex((each) => each.id === id));
  if (from === undefined || to === undefined || from < 0 || to < 0) return toggle(task);
  select(shown.slice(Math.min(from, to), Math.max(from, to) + 1), !isSelected(task));
}

/** Selects all tasks that match the search. */
export function selectEveryMatch(): void {
  everyMatch.value = true;
}

/** Ends the selection. */
export function clearSelection(): void {
  everyMatch.value = false;
  tasks.value = new Map();
  anchor = null;
}

/** Ends the selection if it belongs to another search. */
export function keepSelectionOf(filter: string): void {
  if (filter !== search) clearSelection();
  search = filter;
}

/** Returns the selected tasks for a bulk change, each in the status in which the user saw it. */
export function selectedTasks(): BulkTarget {
  return { filter: { id: [...tasks.value.keys()] }, seen: [...tasks.value.values()] };
}

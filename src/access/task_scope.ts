// The scope of a user: the tasks that the user may see.

import { checkOptions } from "../guards/argument_checks.ts";
import type { OptionNames } from "../guards/option_names.ts";
import type { TaskFilter } from "../storage/queries.ts";

/** A part of a store's tasks. A task must match all given properties. */
export type TaskScope = Pick<TaskFilter, "types" | "queues" | "taskKeyPrefix" | "tags">;

/** The properties of a task that decide whether it is in a scope. */
export interface ScopedTask {
  /** Its type. */
  readonly type: string;
  /** Its queue. */
  readonly queue: string;
  /** Its key. */
  readonly taskKey: string | null;
  /** Its tags; none by default, as in events. */
  readonly tags?: readonly string[];
}

const members: OptionNames<TaskScope> = {
  types: true,
  queues: true,
  taskKeyPrefix: true,
  tags: true,
};

/** @throws {InvalidArgumentError} If a scope has an unknown property. */
export function checkScope(scope: TaskScope, argument: string): void {
  checkOptions(scope, members, argument);
}

/** Reports whether a task is in a scope. */
export function isInScope(task: ScopedTask, scope: TaskScope | undefined): boolean {
  if (scope === undefined) return true;
  const { types, queues, taskKeyPrefix, tags } = scope;
  return (types === undefined || types.includes(task.type)) &&
    (queues === undefined || queues.includes(task.queue)) &&
    (taskKeyPrefix === undefined || task.taskKey?.startsWith(taskKeyPrefix) === true) &&
    (tags === undefined || tags.every((tag) => task.tags?.includes(tag) === true));
}

/** Returns a filter for the tasks that match a filter and are in a scope. */
export function narrow(filter: TaskFilter, scope: TaskScope | undefined): TaskFilter {
  if (scope === undefined) return filter;
  const prefix = longerPrefix(filter.taskKeyPrefix, scope.taskKeyPrefix);
  if (prefix === null) return { ids: [] };
  const types = common(filter.types, scope.types);
  const queues = common(filter.queues, scope.queues);
  return {
    ...filter,
    ...types === undefined ? {} : { types },
    ...queues === undefined ? {} : { queues },
    ...prefix === undefined ? {} : { taskKeyPrefix: prefix },
    ...scope.tags === undefined ? {} : { tags: union(scope.tags, filter.tags) },
  };
}

type Names = readonly string[] | undefined;

/** Returns the names that are in both lists; undefined stands for all names. */
function common(names: Names, others: Names): Names {
  if (names === undefined || others === undefined) return names ?? others;
  return names.filter((name) => others.includes(name));
}

/** Returns the tags of both lists, each once. */
function union(tags: readonly string[], others: readonly string[] = []): string[] {
  return [...new Set([...tags, ...others])];
}

/**
 * Returns the longer of two prefixes if it begins with the shorter one, and null otherwise.
 * Undefined stands for any string.
 */
function longerPrefix(one: string | undefined, other: string | undefined) {
  if (one === undefined || other === undefined) return one ?? other;
  if (one.startsWith(other)) return one;
  return other.startsWith(one) ? other : null;
}

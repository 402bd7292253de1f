// The tasks of a bulk change, and its filter, made of the parameters of a search.

import type { TaskStatus } from "../answers.ts";

/** The tasks of a bulk change. */
export interface BulkTarget {
  readonly filter: Readonly<Record<string, unknown>>;
  /** The status in which the user saw each task of the filter's ids. Others are skipped. */
  readonly seen?: readonly TaskStatus[];
}

/** The members of the filter that are lists. */
const lists = ["id", "status", "type", "queue", "tag"];

/** Returns the filter. */
export function toBulkFilter(parameters: URLSearchParams): Readonly<Record<string, unknown>> {
  const names = new Set(parameters.keys());
  return Object.fromEntries(Array.from(names, (name) => [name, valueOf(parameters, name)]));
}

function valueOf(parameters: URLSearchParams, name: string): unknown {
  if (lists.includes(name)) return parameters.getAll(name);
  const value = parameters.get(name);
  return name === "recurring" ? value === "true" : value;
}

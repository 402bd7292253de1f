// The filter of a bulk change, as its action records it.

import type { Action } from "../answers.ts";
import type { BulkTarget } from "./bulk_filter.ts";

/** The parameters of a search, by the name of the member in a recorded filter. */
const parameterNames: Readonly<Record<string, string>> = {
  ids: "id",
  statuses: "status",
  types: "type",
  queues: "queue",
  tags: "tag",
  recurring: "recurring",
  taskKey: "key",
  taskKeyPrefix: "keyPrefix",
  exceptionContains: "error",
};

/** Returns the search for the tasks of a bulk change; null if its filter is not known. */
export function searchOf({ target, before }: Action): Readonly<Record<string, string[]>> | null {
  if (target.kind !== "tasks") return null;
  const filter = members(before)["filter"];
  if (typeof filter !== "object" || filter === null) return null;
  return Object.fromEntries(
    Object.entries(filter).map(([name, value]) => [
      parameterNames[name] ?? name,
      [value].flat().map((each) =>
        // Instants are recorded as numbers.
        typeof each === "number" ? new Date(each).toISOString() : String(each)
      ),
    ]),
  );
}

/** Returns the edit of a bulk change as the API takes it. */
export function editOf({ after }: Action): Readonly<Record<string, unknown>> {
  const { due, ...fields } = members(after) as { due?: { at?: number; inMs?: number } };
  return {
    ...fields,
    ...due?.at !== undefined && { at: new Date(due.at).toISOString() },
    ...due?.inMs !== undefined && { delayMs: due.inMs },
  };
}

/** Returns the statuses in which the user saw the tasks of a bulk change, if they are recorded. */
export function seenOf({ before }: Action): Pick<BulkTarget, "seen"> {
  const { seen } = members(before) as Pick<BulkTarget, "seen">;
  return seen === undefined ? {} : { seen };
}

function members(json: string | null): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(json ?? "{}"));
  } catch {
    return {};
  }
}

// Converts between the records of commands and the JSON of the REST API.

import { payloadConditionText } from "../../operate/payload_condition.ts";
import type { TaskFilter } from "../../storage/queries.ts";
import type { RetentionPolicy } from "../../storage/retention.ts";
import type { SeenTask } from "../frame/operated_store.ts";

/** Converts the instants of a response to dates: the members with names such as `createdAt`. */
export function revive<T>(value: unknown): T {
  if (Array.isArray(value)) return value.map(revive) as T;
  if (typeof value !== "object" || value === null) return value as T;
  const entries = Object.entries(value).map(([name, member]) => [
    name,
    typeof member === "string" && isInstantName(name) ? new Date(member) : revive(member),
  ]);
  return Object.fromEntries(entries) as T;
}

function isInstantName(name: string): boolean {
  return name.endsWith("At") || ["at", "runUntil", "now", "since"].includes(name);
}

/** Converts a task. Its payload is kept as text, and not searched for instants. */
export function reviveTask(
  { payload, ...task }: { readonly payload: { readonly text: string } | null },
): SeenTask {
  return { ...revive<Omit<SeenTask, "payload">>(task), payload: payload?.text ?? null };
}

/** Returns the parameters of a search, by the names of the REST API. */
export function filterParameters(filter: TaskFilter) {
  const instant = (ms: number | undefined) =>
    ms === undefined ? undefined : new Date(ms).toISOString();
  return {
    id: filter.ids,
    status: filter.statuses,
    type: filter.types,
    queue: filter.queues,
    tag: filter.tags,
    recurring: filter.recurring,
    key: filter.taskKey,
    keyPrefix: filter.taskKeyPrefix,
    error: filter.exceptionContains,
    payload: filter.payload && payloadConditionText(filter.payload),
    createdFrom: instant(filter.createdFrom),
    createdBefore: instant(filter.createdBefore),
    dueFrom: instant(filter.dueFrom),
    dueBefore: instant(filter.dueBefore),
    executedFrom: instant(filter.executedFrom),
    executedBefore: instant(filter.executedBefore),
  };
}

/** Returns the parameters of a retention policy, without its limits that are switched off. */
export function policyParameters(policy: RetentionPolicy): Record<string, number | boolean> {
  return Object.fromEntries(Object.entries(policy).filter(([, value]) => value !== null));
}

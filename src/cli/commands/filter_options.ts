// The options that select tasks, with the names of the REST API.

import { parsePayloadCondition } from "../../operate/payload_condition.ts";
import type { PayloadFilter, TaskFilter } from "../../storage/queries.ts";
import { type TaskStatus, taskStatuses } from "../../storage/task_status.ts";
import { listOption, type Options, textOption, type Values } from "../frame/command.ts";
import { UsageError } from "../frame/usage_error.ts";

const when = "an instant, `2h` for two hours ago, or `+2h` for in two hours";

/** The options of a command that selects tasks. */
export const filterOptions = {
  id: { value: "ID", isList: true, help: "Tasks with one of these ids" },
  status: {
    value: "STATUS",
    isList: true,
    choices: taskStatuses,
    help: "In one of these statuses",
  },
  type: { value: "TYPE", isList: true, help: "Of one of these types" },
  queue: { value: "QUEUE", isList: true, help: "In one of these queues" },
  tag: { value: "TAG", isList: true, help: "With all of these tags" },
  key: { value: "KEY", help: "With this key" },
  "key-prefix": { value: "TEXT", help: "Whose key begins with this text" },
  error: { value: "TEXT", help: "Whose error contains this text" },
  payload: {
    value: "PATH=VALUE",
    help: "With this value in the payload, such as customer.id=42",
  },
  recurring: { value: "yes|no", choices: ["yes", "no"], help: "Only series, or none" },
  "created-from": { value: "TIME", help: `Stored at or after ${when}` },
  "created-before": { value: "TIME", help: "Stored before" },
  "due-from": { value: "TIME", help: "Due at or after" },
  "due-before": { value: "TIME", help: "Due before" },
  "executed-from": { value: "TIME", help: "Last run at or after" },
  "executed-before": { value: "TIME", help: "Last run before" },
} as const satisfies Options;

/** The options whose value is an instant. */
const instants = {
  createdFrom: "created-from",
  createdBefore: "created-before",
  dueFrom: "due-from",
  dueBefore: "due-before",
  executedFrom: "executed-from",
  executedBefore: "executed-before",
} as const;

/**
 * Returns the filter that the options make.
 *
 * @param now The present, in epoch milliseconds.
 * @throws {UsageError} If a value is wrong.
 */
export function filterOf(values: Values, now: number): TaskFilter {
  const recurring = textOption(values, "recurring");
  const filter: { -readonly [Name in keyof TaskFilter]: TaskFilter[Name] | undefined } = {
    ids: listOption(values, "id"),
    statuses: listOption(values, "status") as readonly TaskStatus[] | undefined,
    types: listOption(values, "type"),
    queues: listOption(values, "queue"),
    tags: listOption(values, "tag"),
    taskKey: textOption(values, "key"),
    taskKeyPrefix: textOption(values, "key-prefix"),
    exceptionContains: textOption(values, "error"),
    payload: payloadOption(textOption(values, "payload")),
    recurring: recurring === undefined ? undefined : recurring === "yes",
  };
  for (const [member, option] of Object.entries(instants)) {
    const text = textOption(values, option);
    if (text === undefined) continue;
    filter[member as keyof typeof instants] = instantOption(option, text, now);
  }
  const given = Object.entries(filter).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given);
}

function payloadOption(condition: string | undefined): PayloadFilter | undefined {
  if (condition === undefined) return undefined;
  const filter = parsePayloadCondition(condition);
  if (filter !== null) return filter;
  throw new UsageError("--payload must be a path and a value, such as customer.id=42.");
}

const units: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * Parses an instant: ISO 8601, or a distance from now such as `2h` or `+2h`.
 *
 * @throws {UsageError} If the text is neither of them.
 */
export function instantOption(name: string, text: string, now: number): number {
  const [, sign, count, unit] = /^([+-]?)(\d{1,6})([smhdw])$/.exec(text) ?? [];
  if (unit !== undefined) return now + (sign === "+" ? 1 : -1) * Number(count) * units[unit]!;
  // A date with a time needs an offset: without one, it would be in this machine's time zone.
  const isIso = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(text);
  const instant = isIso ? Date.parse(text) : NaN;
  if (!Number.isNaN(instant)) return instant;
  throw new UsageError(
    `--${name} must be an instant such as 2026-01-31T12:00:00Z or 2026-01-31, a distance to the ` +
      "past such as 90m, 2h or 3d, or one to the future such as +2h.",
  );
}

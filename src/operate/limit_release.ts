// Releases a rate limit for an operator; `everTask.operate.releaseLimit`.

import { checkOptions } from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";
import type { TaskRecord } from "../storage/records.ts";
import type { NewOperatorAction } from "../storage/requests.ts";
import type { Storage } from "../storage/storage.ts";
import { budgetName } from "../task/budget_name.ts";
import { type Operator, operatorNames, parseOperator } from "./operator.ts";
import { toJson } from "./task_changer.ts";

/** Selects a rate limit: the properties of {@linkcode LimitOverview} that identify the limit. */
export interface LimitName {
  /** The type of the limited tasks. */
  readonly type: string;
  /** The result of the limit's `key`; empty for a limit without keys. */
  readonly key: string;
}

/** The dependencies of {@linkcode releaseLimit}. */
export interface LimitReleaseParts {
  /** Returns the storage once it is open. */
  readonly opened: () => Promise<Storage>;
  /** The storage's clock, once storage is open. Epoch milliseconds. */
  readonly now: () => number;
  /** Returns the key of a task's rate limit; null if this process cannot tell. */
  readonly rateKeyOf: (task: TaskRecord) => Promise<string | null>;
  /** Called when tasks may have become due. */
  readonly madeDue: () => void;
}

/** The maximum length of a target's id in every store. */
const longestTarget = 100;

/** The maximum number of pages of waiting tasks to read, and the size of a page. */
const pages = 5;
const tasksOfPage = 200;

/**
 * Gives back the budget of a limit, and makes tasks that wait for it due. Returns false if the
 * limit has no budget.
 */
export async function releaseLimit(
  parts: LimitReleaseParts,
  limit: LimitName,
  operator: Operator,
): Promise<boolean> {
  checkOptions(limit, { type: true, key: true }, "limit");
  for (const name of ["type", "key"] as const) {
    if (typeof limit[name] === "string") continue;
    throw new InvalidArgumentError(`limit.${name}`, limit[name], "be a string");
  }
  checkOptions(operator, operatorNames, "operator");
  const { type, key } = limit;
  const action: NewOperatorAction = {
    verb: "releaseLimit",
    ...parseOperator(operator),
    target: { kind: "limit", id: type.slice(0, longestTarget) },
    before: toJson({ type, key }),
    after: null,
  };
  const storage = await parts.opened();
  if (!await storage.releaseRateLimit(budgetName(type, key), action)) return false;
  const waiting = await waitingFor(parts, storage, limit);
  if (waiting.length > 0) await storage.makeDue(waiting);
  if (waiting.length > 0) parts.madeDue();
  return true;
}

/**
 * Returns the ids of tasks that may wait for a limit, earliest due first. Reads a bounded number of
 * tasks. Includes tasks whose key is unknown. If such a task waits for another key, it reserves a
 * slot again when it is claimed.
 */
async function waitingFor(
  { now, rateKeyOf }: LimitReleaseParts,
  storage: Storage,
  { type, key }: LimitName,
): Promise<readonly string[]> {
  const waiting: string[] = [];
  let after: string | null = null;
  for (let page = 0; page < pages; page++) {
    const found: Awaited<ReturnType<Storage["list"]>> = await storage.list(
      { types: [type] },
      { order: "due", limit: tasksOfPage, ...after !== null && { after } },
    );
    for (const task of found.items) {
      if (task.workerId !== null || (task.rateSlotAt ?? 0) <= now()) continue;
      if ((await rateKeyOf(task) ?? key) === key) waiting.push(task.id);
    }
    after = found.next;
    if (after === null || waiting.length >= tasksOfPage) break;
  }
  return waiting;
}

// One batch of an operator's purge of history; `everTask.operate.purge`.

import { checkOptions } from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";
import type { OptionNames } from "../guards/option_names.ts";
import { type PurgeResult, type RetentionPolicy, unfinishedPurge } from "../storage/retention.ts";
import { checkPolicy } from "../storage/retention_policy.ts";
import type { Storage } from "../storage/storage.ts";
import { cursorOf } from "./bulk_cursor.ts";
import { type Operator, operatorNames, parseOperator } from "./operator.ts";
import { toJson } from "./task_changer.ts";

/** Options of a purge: the operator, and the batch. */
export interface PurgeBatchOptions extends Operator {
  /** `next` of the previous batch, with the same policy. @default the first batch */
  readonly after?: string;
  /** The maximum number of rows to delete in this batch, 1 to 10,000. @default 2,000 */
  readonly limit?: number;
}

/** The numbers of rows that one batch of a purge deleted. */
export interface PurgeBatchResult extends Omit<PurgeResult, "done" | "actionId"> {
  /**
   * The `after` of the next batch; null if nothing is left to delete, or if the first batch was
   * `busy`.
   */
  readonly next: string | null;
  /** The id of the action of all batches; null if the batch was `busy`. */
  readonly actionId: string | null;
}

const optionNames: OptionNames<PurgeBatchOptions> = { ...operatorNames, after: true, limit: true };

const defaultRows = 2_000;
const mostRows = 10_000;

/** Deletes one batch of the rows that the policy allows to delete. */
export async function purgeBatch(
  opened: () => Promise<Storage>,
  policy: RetentionPolicy,
  options: PurgeBatchOptions,
): Promise<PurgeBatchResult> {
  checkPolicy(policy, {}, "policy");
  const { deleteCompletedTasksAfterRetention: _, ...limits } = policy;
  if (!Object.values(limits).some((limit) => limit !== null && limit > 0)) {
    throw new InvalidArgumentError("policy", policy, "have a limit, such as statusAuditDays");
  }
  checkOptions(options, optionNames, "options");
  const { after, limit = defaultRows } = options;
  if (!Number.isInteger(limit) || limit < 1 || limit > mostRows) {
    const remedy = `be an integer from 1 to ${mostRows}`;
    throw new InvalidArgumentError("options.limit", limit, remedy);
  }
  const continues = after === undefined ? null : startedBy(after);
  const target = { kind: "history", id: null } as const;
  const fields = { before: null, after: toJson({ policy }) };
  const action = { verb: "purge", ...parseOperator(options), target, ...fields } as const;
  const { done, actionId = null, ...deleted } = await (await opened()).purge(policy, {
    budget: limit,
    by: { action, continues },
  });
  if (actionId === null && !deleted.busy) throw notUnfinished(after);
  if (actionId === null) return { ...deleted, next: after ?? null, actionId };
  const next = done ? null : cursorOf({ actionId, next: unfinishedPurge });
  return { ...deleted, next, actionId };
}

/** Returns the id of the action to continue. */
function startedBy(after: unknown): string {
  const [, actionId] = /^(\d{1,16})\.more$/.exec(String(after)) ?? [];
  if (actionId === undefined) throw notUnfinished(after);
  return actionId;
}

function notUnfinished(after: unknown): InvalidArgumentError {
  const remedy = "be the `next` of the last batch of a purge that is not complete; see " +
    "operate.actions.list";
  return new InvalidArgumentError("options.after", after, remedy);
}

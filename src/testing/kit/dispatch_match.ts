// Compares a test's expectation with a stored task.

import type { OptionNames } from "../../guards/option_names.ts";
import { checkChoice, checkOptions } from "../../guards/argument_checks.ts";
import { type AuditLevel, parseAuditLevel } from "../../audit/audit_level.ts";
import { parsePriority, parseQueueName, parseTaskKey } from "../../task/dispatch_options.ts";
import { planSeries } from "../../dispatch/series_plan.ts";
import type { JsonOf } from "../../payload/json.ts";
import { type RecurringInput, toRecurrence } from "../../schedule/builder.ts";
import type { StorableRetryPolicy } from "../../task/retry_policy_data.ts";
import { toStoredPolicy } from "../../retry/stored_policy.ts";
import { type TaskStatus, taskStatuses } from "../../storage/task_status.ts";
import { type Duration, toMilliseconds } from "../../time/duration.ts";
import { type Instant, toEpochMilliseconds } from "../../time/instant.ts";
import { payloadDifferences, type PayloadMatch, show } from "./payload_match.ts";
import type { StoredTask } from "./stored_task.ts";

/** The expected properties of a dispatched task. All given properties must match. */
export interface DispatchMatch<Payload = unknown> {
  /**
   * A part of the payload, at any depth, or a function that reports whether the stored payload
   * matches.
   */
  readonly payload?: PayloadMatch<Payload> | ((payload: JsonOf<Payload>) => boolean);
  /** The task's key; `null` for a task without one. */
  readonly taskKey?: string | null;
  /** The queue. */
  readonly queue?: string;
  /** The priority. */
  readonly priority?: number;
  /** The audit level. */
  readonly auditLevel?: AuditLevel;
  /** The retry policy of the dispatch; `null` for a dispatch without one. */
  readonly retry?: StorableRetryPolicy | null;
  /** The current status. */
  readonly status?: TaskStatus;
  /** The exact delay of the dispatch; 0 for at once. */
  readonly delay?: Duration;
  /** The exact instant for which the task was dispatched. */
  readonly at?: Instant;
  /** The maximum time from the dispatch to the due instant, or to the next run of a series. */
  readonly dueWithin?: Duration;
  /** Whether the task is a series, or the schedule of the series, as passed to `dispatch`. */
  readonly recurring?: boolean | RecurringInput;
}

const matchNames: OptionNames<DispatchMatch> = {
  payload: true,
  taskKey: true,
  queue: true,
  priority: true,
  auditLevel: true,
  retry: true,
  status: true,
  delay: true,
  at: true,
  dueWithin: true,
  recurring: true,
};

/**
 * Checks the properties of a match. If a misspelt property were ignored, every task would match it.
 *
 * @param others The names of other allowed properties.
 * @throws {InvalidArgumentError} If a property is invalid or unknown.
 */
export function checkMatch(match: DispatchMatch, others: Readonly<Record<string, true>>): void {
  checkOptions(match, { ...matchNames, ...others }, "match");
  const { taskKey, queue, priority, auditLevel, retry, status } = match;
  const { delay, at, dueWithin, recurring } = match;
  if (taskKey !== undefined && taskKey !== null) parseTaskKey(taskKey);
  if (queue !== undefined) parseQueueName(queue, "match.queue");
  if (priority !== undefined) parsePriority(priority, "match.priority");
  if (auditLevel !== undefined) parseAuditLevel(auditLevel, "match.auditLevel");
  if (retry !== undefined && retry !== null) toStoredPolicy(retry, "match.retry");
  if (status !== undefined) checkChoice(status, taskStatuses, "match.status");
  if (delay !== undefined) toMilliseconds(delay, "match.delay");
  if (at !== undefined) toEpochMilliseconds(at, "match.at");
  if (dueWithin !== undefined) toMilliseconds(dueWithin, "match.dueWithin");
  if (recurring !== undefined && typeof recurring !== "boolean") toRecurrence(recurring);
}

/** The fields that are compared by equality. */
const plainFields = ["taskKey", "queue", "priority", "auditLevel", "status"] as const;

/**
 * Returns the differences between a stored task and the expectation, as phrases; none if the task
 * matches.
 */
export function differences(task: StoredTask, match: DispatchMatch): string[] {
  const found: string[] = [];
  if (typeof match.payload === "function") {
    const accepts = match.payload as (payload: unknown) => boolean;
    if (!accepts(task.payload)) found.push(`payload ${show(task.payload)} is refused`);
  } else if ("payload" in match) {
    found.push(...payloadDifferences(match.payload, task.payload));
  }
  for (const field of plainFields) {
    if (match[field] === undefined || match[field] === task[field]) continue;
    found.push(`${field} is ${show(task[field])}, not ${show(match[field])}`);
  }
  if (match.retry !== undefined) {
    const wanted = match.retry === null ? null : toStoredPolicy(match.retry, "retry");
    if (wanted !== task.retryPolicy) found.push(`retry is ${task.retryPolicy}, not ${wanted}`);
  }
  return [...found, ...timingDifferences(task, match)];
}

function timingDifferences(task: StoredTask, match: Omit<DispatchMatch, "payload">): string[] {
  const { delay, at, dueWithin, recurring } = match;
  const found: string[] = [];
  const { scheduledAt, createdAt, series } = task;
  const delayMs = (scheduledAt ?? createdAt).getTime() - createdAt.getTime();
  if (delay !== undefined && delayMs !== toMilliseconds(delay, "delay")) {
    found.push(`delay is ${delayMs} ms, not ${toMilliseconds(delay, "delay")} ms`);
  }
  if (at !== undefined && scheduledAt?.getTime() !== toEpochMilliseconds(at, "at")) {
    const wanted = new Date(toEpochMilliseconds(at, "at")).toISOString();
    found.push(`it was dispatched ${timing(task)}, not for ${wanted}`);
  }
  if (dueWithin !== undefined) {
    const dueAt = series?.nextRunAt ?? scheduledAt ?? createdAt;
    const dueInMs = dueAt.getTime() - createdAt.getTime();
    const withinMs = toMilliseconds(dueWithin, "dueWithin");
    if (dueInMs > withinMs) found.push(`it is due after ${dueInMs} ms, not within ${withinMs} ms`);
  }
  return [...found, ...scheduleDifferences(task, recurring)];
}

function scheduleDifferences(
  { series, createdAt }: Pick<StoredTask, "series" | "createdAt">,
  recurring: DispatchMatch["recurring"],
): string[] {
  if (recurring === undefined || recurring === (series !== null)) return [];
  if (series === null) return ["it is not a series"];
  if (typeof recurring === "boolean") return [`it is a series, ${series.info}`];
  const wanted = planSeries(recurring, createdAt.getTime());
  const isSame = wanted.schedule === series.schedule && wanted.maxRuns === series.maxRuns &&
    wanted.runUntil === (series.runUntil?.getTime() ?? null);
  return isSame ? [] : [`it recurs ${show(series.info)}, not ${show(wanted.info)}`];
}

/**
 * Describes the timing of a dispatch: "at once", "for 2026-12-25T10:00:00.000Z", "to recur: every 5
 * minutes".
 */
export function timing(
  { series, scheduledAt }: Pick<StoredTask, "series" | "scheduledAt">,
): string {
  if (series !== null) return `to recur: ${series.info}`;
  return scheduledAt === null ? "at once" : `for ${scheduledAt.toISOString()}`;
}

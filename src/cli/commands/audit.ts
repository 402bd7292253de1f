// `evertask audit growth` and `audit preview`, and the policy that a purge also takes.

import type { AuditGrowth } from "../../storage/queries.ts";
import type { PurgeResult, RetentionPolicy } from "../../storage/retention.ts";
import type { Dated } from "../../time/dated.ts";
import { type Command, textOption, type Values } from "../frame/command.ts";
import { UsageError } from "../frame/usage_error.ts";
import type { Field } from "../text/printer.ts";
import type { Column } from "../text/table.ts";
import { instantText, numberWords } from "../text/words.ts";

const growthColumns: Column<Dated<AuditGrowth>>[] = [
  { title: "TABLE", text: ({ table }) => table },
  { title: "ROWS", text: ({ rows, isEstimate }) => wordsOf(rows, isEstimate), isRight: true },
  {
    title: "A DAY",
    text: ({ averageRowsPerDay: rows, isEstimate }) =>
      rows === null ? "" : wordsOf(Math.round(rows), isEstimate),
    isRight: true,
  },
  { title: "FIRST", text: ({ firstAt }) => instantText(firstAt) },
  { title: "LAST", text: ({ lastAt }) => instantText(lastAt) },
];

function wordsOf(rows: number, isEstimate: boolean): string {
  return `${isEstimate ? "about " : ""}${numberWords(rows)}`;
}

export const auditGrowth: Command = {
  name: "audit growth",
  summary: "Show the size and growth of the audit tables and the log; estimates large ones",
  options: { exact: { help: "Count every row, even if that reads millions" } },
  examples: ["audit growth", "audit growth --exact"],
  async run({ values, print, store }) {
    const options = values.exact === true ? { exact: true } : {};
    await print.items(growthColumns, [await (await store()).auditGrowth(options)]);
    return 0;
  },
};

/** The options that make a retention policy. */
export const policyOptions = {
  "status-days": { value: "DAYS", help: "Keep status changes for this number of days" },
  "runs-days": { value: "DAYS", help: "Keep runs of series for this number of days" },
  "error-days": { value: "DAYS", help: "Keep rows with errors for this number of days" },
  "log-days": { value: "DAYS", help: "Keep log lines for this number of days" },
  "action-days": { value: "DAYS", help: "Keep the actions of operators for this number of days" },
  "log-lines": { value: "N", help: "Keep at most this number of log lines per task" },
  "completed-tasks": { help: "Also delete tasks that have completed, after --status-days" },
} as const;

/**
 * Returns the policy of the options.
 *
 * @throws {UsageError} If no option is given, or a value is invalid.
 */
export function policyOf(values: Values): RetentionPolicy {
  const number = (name: keyof typeof policyOptions) => {
    const text = textOption(values, name);
    if (text === undefined) return undefined;
    const value = /^\d{1,9}(\.\d+)?$/.test(text) ? Number(text) : 0;
    const isCount = name === "log-lines";
    if (value > 0 && (!isCount || Number.isInteger(value)) && value <= (isCount ? 2e9 : 365_000)) {
      return value;
    }
    throw new UsageError(`--${name} must be a number${isCount ? "" : " of days"} above 0.`);
  };
  const policy = {
    statusAuditDays: number("status-days"),
    runsAuditDays: number("runs-days"),
    errorAuditDays: number("error-days"),
    executionLogDays: number("log-days"),
    operatorActionDays: number("action-days"),
    maxExecutionLogsPerTask: number("log-lines"),
    deleteCompletedTasksAfterRetention: values["completed-tasks"],
  };
  const given = Object.entries(policy).filter(([, value]) => value !== undefined);
  if (given.length > 0) return Object.fromEntries(given);
  throw new UsageError("Say what to keep, such as --status-days 30.");
}

/** The numbers of rows that a purge deletes. */
export type PurgeCounts = Pick<PurgeResult, keyof typeof countLabels>;

const countLabels = {
  statusAudit: "Status changes",
  runsAudit: "Runs of series",
  executionLog: "Log lines",
  operatorActions: "Actions",
  tasks: "Tasks",
} as const;

/** Returns the labelled numbers of a purge. */
export function countFields(counts: PurgeCounts): Field[] {
  return Object.entries(countLabels).map(([name, label]) => [
    label,
    numberWords(counts[name as keyof PurgeCounts]),
  ]);
}

export const auditPreview: Command = {
  name: "audit preview",
  summary: "Count the rows that a purge would delete",
  options: policyOptions,
  examples: ["audit preview --status-days 30 --log-days 7"],
  async run({ values, print, store }) {
    const policy = policyOf(values);
    const counts = await (await store()).previewPurge(policy);
    if (print.isJson) await print.json(counts);
    else {
      await print.title("A purge would delete:");
      await print.fields(countFields(counts));
    }
    return 0;
  },
};

// `evertask audit`: growth, preview, purge and export.

import type { AuditGrowth } from "../../storage/queries.ts";
import type { RetentionPolicy } from "../../storage/retention.ts";
import type { Dated } from "../../time/dated.ts";
import { type Call, type Command, textOption, type Values } from "../frame/command.ts";
import { UsageError } from "../frame/usage_error.ts";
import type { Column } from "../text/table.ts";
import { instantText, numberWords } from "../text/words.ts";

const growthColumns: Column<Dated<AuditGrowth>>[] = [
  { title: "TABLE", text: ({ table }) => table },
  { title: "ROWS", text: ({ rows }) => numberWords(rows), isRight: true },
  {
    title: "A DAY",
    text: ({ averageRowsPerDay: rows }) => rows === null ? "" : numberWords(Math.round(rows)),
    isRight: true,
  },
  { title: "FIRST", text: ({ firstAt }) => instantText(firstAt) },
  { title: "LAST", text: ({ lastAt }) => instantText(lastAt) },
];

export const auditGrowth: Command = {
  name: "audit growth",
  summary: "Show the size and growth of the audit tables and the log; reads them whole",
  examples: ["audit growth"],
  async run({ print, store }) {
    await print.items(growthColumns, [await (await store()).auditGrowth()]);
    return 0;
  },
};

const policyOptions = {
  "status-days": { value: "DAYS", help: "Keep status changes for this number of days" },
  "runs-days": { value: "DAYS", help: "Keep runs of series for this number of days" },
  "error-days": { value: "DAYS", help: "Keep rows with errors for this number of days" },
  "log-days": { value: "DAYS", help: "Keep log lines for this number of days" },
  "log-lines": { value: "N", help: "Keep at most this number of log lines per task" },
  "completed-tasks": { help: "Also delete tasks that have completed, after --status-days" },
} as const;

/** Returns the policy of the options. */
function policyOf(values: Values): RetentionPolicy {
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
    maxExecutionLogsPerTask: number("log-lines"),
    deleteCompletedTasksAfterRetention: values["completed-tasks"],
  };
  const given = Object.entries(policy).filter(([, value]) => value !== undefined);
  if (given.length > 0) return Object.fromEntries(given);
  throw new UsageError("Say what to keep, such as --status-days 30.");
}

async function purge(call: Call, policy: RetentionPolicy, dryRun: boolean): Promise<0 | 1> {
  const { print, host } = call;
  const result = await (await call.store()).purge(policy, { dryRun, signal: host.interrupted });
  if (print.isJson) await print.json({ ...result, dryRun });
  else {
    await print.title(dryRun ? "A purge would delete:" : "Deleted:");
    await print.fields([
      ["Status changes", numberWords(result.statusAudit)],
      ["Runs of series", numberWords(result.runsAudit)],
      ["Log lines", numberWords(result.executionLog)],
      ["Tasks", numberWords(result.tasks)],
    ]);
    if (result.busy) await print.warn("Another process is purging: nothing more was deleted.");
    else if (!result.done) await print.warn("Interrupted: call it again to delete the rest.");
  }
  return result.done ? 0 : 1;
}

export const auditPreview: Command = {
  name: "audit preview",
  summary: "Count the rows that a purge would delete",
  options: policyOptions,
  examples: ["audit preview --status-days 30 --log-days 7"],
  run: (call) => purge(call, policyOf(call.values), true),
};

export const auditPurge: Command = {
  name: "audit purge",
  summary: "Delete old rows of the audit and of the log",
  about:
    "It deletes in small transactions, which leave room for tasks. It asks first, or needs --yes.",
  options: { yes: { help: "Do not ask" }, ...policyOptions },
  examples: ["audit purge --status-days 30 --log-days 7 --yes"],
  endsItself: true,
  async run(call) {
    const policy = policyOf(call.values);
    if (!call.values.yes) {
      const answer = await call.host.ask("Delete these rows? [y/N] ");
      if (answer === null) throw new UsageError("audit purge deletes rows: add --yes.");
      if (!/^y(es)?$/i.test(answer.trim())) return 1;
    }
    return await purge(call, policy, false);
  },
};

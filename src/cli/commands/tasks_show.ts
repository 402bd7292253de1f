// `evertask tasks show` and `explain`.

import { type Call, type Command, type ExitCode, textOption } from "../frame/command.ts";
import type { Page } from "../../storage/queries.ts";
import type { OperatedStore, SeenTask } from "../frame/operated_store.ts";
import type { Field } from "../text/printer.ts";
import { distanceWords, elapsedWords, instantText } from "../text/words.ts";
import { countOption } from "./paging.ts";
import { taskJson } from "./task_json.ts";
import { statusStyle } from "./tasks_list.ts";

/** The fields of a task. */
function fieldsOf(task: SeenTask, now: number): Field[] {
  const when = (instant: Date | null) =>
    instant === null ? null : `${instantText(instant)} (${distanceWords(instant, now)})`;
  const { series } = task;
  return [
    ["Id", task.id],
    ["Type", task.type],
    ["Status", task.status, statusStyle(task.status)],
    ["Queue", task.queue],
    ["Priority", task.priority === 0 ? null : `${task.priority}`],
    ["Key", task.taskKey],
    ["Tags", task.tags.length === 0 ? null : task.tags.join(", ")],
    ["Created", when(task.createdAt)],
    ["Due", when(task.dueAt)],
    ["Schedule", series?.info],
    ["Next run", series && when(series.nextRunAt)],
    [
      "Runs",
      series && `${series.runCount}${series.maxRuns === null ? "" : ` of ${series.maxRuns}`}`,
    ],
    ["Paused", series?.paused ? "yes" : null],
    ["Attempts", `${task.attempt}${task.lostCount === 0 ? "" : `, ${task.lostCount} lost`}`],
    ["Worker", task.workerId],
    ["Last run", when(task.lastExecutionAt)],
    ["It took", task.executionTimeMs === null ? null : elapsedWords(task.executionTimeMs)],
    ["Audit level", task.auditLevel],
    ["Payload", task.payload ?? "(hidden from you)"],
    ["Error", task.exception, "red"],
  ];
}

async function showHistory(
  store: OperatedStore,
  task: SeenTask,
  { print, values }: Call,
): Promise<void> {
  const limit = countOption("history", textOption(values, "history") ?? "20");
  const page = { limit: Math.min(1000, limit), order: "newest" } as const;
  const changes = await store.statusAudit(task.id, page);
  if (changes.items.length > 0) {
    await print.title(titleOf("Status changes", changes));
    await print.items([
      { title: "AT", text: ({ updatedAt }) => instantText(updatedAt) },
      {
        title: "STATUS",
        text: ({ newStatus }) => newStatus,
        style: ({ newStatus }) => statusStyle(newStatus),
      },
      { title: "ERROR", text: ({ exception }) => firstLine(exception), canCut: true },
    ], [changes.items.toReversed()]);
  }
  const logs = await store.executionLogs(task.id, page);
  if (logs.items.length > 0) {
    await print.title(titleOf("Log", logs));
    await print.items([
      { title: "AT", text: ({ loggedAt }) => instantText(loggedAt) },
      { title: "LEVEL", text: ({ level }) => level },
      { title: "MESSAGE", text: ({ message }) => message, canCut: true },
    ], [logs.items.toReversed()]);
  }
}

/** Returns the title of a list, which says whether the list is the end of a longer one. */
function titleOf(title: string, { items, next }: Page<unknown>): string {
  return `\n${title}${next === null ? "" : ` (the last ${items.length})`}`;
}

function firstLine(text: string | null): string {
  return (text ?? "").split("\n", 1)[0]!;
}

/** Says that there is no such task. */
export async function notFound(id: string, { print }: Call): Promise<ExitCode> {
  if (print.isJson) await print.json({ id, found: false });
  await print.warn(`No task has the id ${id}: it was deleted, or never dispatched.`);
  return 1;
}

export const tasksShow: Command = {
  name: "tasks show",
  summary: "Show one task with its history and its log",
  args: "ID",
  argCount: [1, 1],
  options: {
    history: {
      value: "N",
      help: "The number of the last status changes and log lines (default: 20)",
    },
  },
  examples: ["tasks show 01a204c3-9e85-76f3-a637-c068a230efde"],
  async run(call) {
    const { args, print, host } = call;
    const store = await call.store();
    const task = await store.get(args[0]!);
    if (task === null) return notFound(args[0]!, call);
    if (print.isJson) await print.json(taskJson(task));
    else {
      await print.fields(fieldsOf(task, host.clock.now()));
      await showHistory(store, task, call);
    }
    return 0;
  },
};

export const tasksExplain: Command = {
  name: "tasks explain",
  summary: "Say why a task is not running",
  args: "ID",
  argCount: [1, 1],
  examples: ["tasks explain 01a204c3-9e85-76f3-a637-c068a230efde"],
  async run({ args, print, store }) {
    const explanation = await (await store()).operate.explain(args[0]!);
    if (print.isJson) await print.json(explanation);
    else for (const { sentence } of explanation.reasons) await print.text(sentence);
    return explanation.status === null ? 1 : 0;
  },
};

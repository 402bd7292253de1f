// `evertask tasks list` and `count`.

import type { TaskPage } from "../../storage/queries.ts";
import type { Command } from "../frame/command.ts";
import { textOption } from "../frame/command.ts";
import type { SeenTask } from "../frame/operated_store.ts";
import type { Style } from "../text/style.ts";
import type { Column } from "../text/table.ts";
import { distanceWords, elapsedWords, numberWords } from "../text/words.ts";
import { filterOf, filterOptions } from "./filter_options.ts";
import { countOption, cutNote, type ListEnd, pageOptions, rangeOf, readPages } from "./paging.ts";
import { taskJson } from "./task_json.ts";

/** The style of a status. */
export function statusStyle(status: string): Style | undefined {
  if (status === "Failed") return "red";
  if (status === "Completed") return "green";
  if (status === "InProgress") return "cyan";
  return status === "Cancelled" || status === "ServiceStopped" ? "yellow" : undefined;
}

/** The columns of a list of tasks. */
export function taskColumns(isForPerson: boolean, now: number): Column<SeenTask>[] {
  const when = (instant: Date | null) =>
    isForPerson ? distanceWords(instant, now) : instant?.toISOString() ?? "";
  return [
    { title: "ID", text: ({ id }) => id },
    { title: "STATUS", text: ({ status }) => status, style: ({ status }) => statusStyle(status) },
    { title: "TYPE", text: ({ type }) => type, canCut: true },
    { title: "QUEUE", text: ({ queue }) => queue, canCut: true, rank: 3 },
    { title: "CREATED", text: ({ createdAt }) => when(createdAt), rank: 1 },
    { title: "DUE", text: ({ dueAt }) => when(dueAt), rank: 2 },
    { title: "TRIES", text: ({ attempt }) => `${attempt || ""}`, isRight: true, rank: 4 },
    {
      title: "TOOK",
      text: ({ executionTimeMs }) => elapsedWords(executionTimeMs),
      isRight: true,
      rank: 5,
    },
    { title: "KEY", text: ({ taskKey }) => taskKey ?? "", canCut: true, rank: 6 },
    {
      title: "ERROR",
      text: ({ exception }) => (exception ?? "").split("\n", 1)[0]!,
      canCut: true,
      rank: 7,
    },
  ];
}

export const tasksList: Command = {
  name: "tasks list",
  summary: "List tasks, newest first",
  options: {
    ...filterOptions,
    order: { value: "ORDER", choices: ["newest", "oldest"], help: "newest or oldest first" },
    ...pageOptions,
  },
  examples: [
    "tasks list --status Failed --created-from 2h",
    "tasks list --type email,sms --limit all --json | jq .id",
  ],
  async run({ host, values, print, store }) {
    const now = host.clock.now();
    const filter = filterOf(values, now);
    const range = rangeOf(values);
    const order = textOption(values, "order") as "newest" | "oldest" | undefined;
    const { operate } = await store();
    const end: ListEnd = { next: null };
    const read = (page: object): Promise<TaskPage & { items: readonly SeenTask[] }> =>
      operate.tasks.search(filter, { ...page, ...order && { order } }) as never;
    const pages = readPages<SeenTask>(range, read, end);
    const count = await print.items(taskColumns(print.isForPerson, now), pages, taskJson);
    if (count === 0) await print.note("No task matches.");
    const note = cutNote(end);
    if (note !== null) await print.note(note);
    return 0;
  },
};

export const tasksCount: Command = {
  name: "tasks count",
  summary: "Count tasks",
  options: {
    ...filterOptions,
    cap: { value: "N", help: "The greatest number to count to (default: 10000)" },
  },
  examples: ["tasks count --status Failed"],
  async run({ host, values, print, store }) {
    const filter = filterOf(values, host.clock.now());
    const cap = countOption("cap", textOption(values, "cap") ?? "10000");
    const counted = await (await store()).operate.tasks.count(filter, { cap });
    if (print.isJson) await print.json(counted);
    else {
      const text = print.isForPerson ? numberWords(counted.count) : `${counted.count}`;
      await print.text(counted.exact ? text : `${text} or more`);
    }
    return 0;
  },
};

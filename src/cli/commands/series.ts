// `evertask series`.

import { type Command, textOption } from "../frame/command.ts";
import type { SeenTask } from "../frame/operated_store.ts";
import type { Column } from "../text/table.ts";
import { distanceWords, instantText } from "../text/words.ts";
import { operatorOf, operatorOptions } from "./operator.ts";
import { countOption, cutNote, type ListEnd, pageOptions, rangeOf, readPages } from "./paging.ts";
import { taskJson } from "./task_json.ts";
import { notFound } from "./tasks_show.ts";

function columnsOf(isForPerson: boolean, now: number): Column<SeenTask>[] {
  const when = (instant: Date | null) =>
    isForPerson ? distanceWords(instant, now) : instant?.toISOString() ?? "";
  return [
    { title: "ID", text: ({ id }) => id },
    { title: "TYPE", text: ({ type }) => type, canCut: true },
    {
      title: "NEXT RUN",
      text: ({ series }) => series!.paused ? "paused" : when(series!.nextRunAt) || "ended",
      style: ({ series }) => series!.paused ? "yellow" : undefined,
    },
    { title: "RUNS", text: ({ series }) => `${series!.runCount}`, isRight: true, rank: 2 },
    { title: "LAST RUN", text: ({ lastExecutionAt }) => when(lastExecutionAt), rank: 3 },
    { title: "SCHEDULE", text: ({ series }) => series!.info, canCut: true, rank: 1 },
    { title: "KEY", text: ({ taskKey }) => taskKey ?? "", canCut: true, rank: 4 },
    { title: "QUEUE", text: ({ queue }) => queue, canCut: true, rank: 5 },
  ];
}

export const seriesList: Command = {
  name: "series list",
  isDefault: true,
  summary: "List recurring series, newest first",
  options: pageOptions,
  examples: ["series", "series list --limit all"],
  async run({ values, print, store, host }) {
    const range = rangeOf(values);
    const { operate } = await store();
    const end: ListEnd = { next: null };
    const pages = readPages(range, (page) => operate.tasks.search({ recurring: true }, page), end);
    const columns = columnsOf(print.isForPerson, host.clock.now());
    const count = await print.items(columns, pages, taskJson);
    const note = count === 0 ? "There is no series." : cutNote(end);
    if (note !== null) await print.note(note);
    return 0;
  },
};

export const seriesNext: Command = {
  name: "series next",
  summary: "Show the next runs of a series",
  args: "ID",
  argCount: [1, 1],
  options: { count: { value: "N", help: "The number of runs, up to 100 (default: 10)" } },
  examples: ["series next 01a204c3-9e85-76f3-a637-c068a230efde"],
  async run(call) {
    const { args, values, print } = call;
    const count = Math.min(100, countOption("count", textOption(values, "count") ?? "10"));
    const store = await call.store();
    const task = await store.get(args[0]!);
    if (task === null || task.series === null) return notFound(args[0]!, call);
    const runs = await store.operate.nextRuns(task.id, count) ?? [];
    if (print.isJson) await print.json({ info: task.series.info, runs });
    else {
      await print.title(task.series.info);
      for (const run of runs) await print.text(instantText(run));
    }
    return 0;
  },
};

function seriesChange(verb: "pause" | "resume", summary: string): Command {
  return {
    name: `series ${verb}`,
    summary,
    args: "ID",
    argCount: [1, 1],
    options: operatorOptions,
    examples: [`series ${verb} 01a204c3-9e85-76f3-a637-c068a230efde --reason "too many mails"`],
    endsItself: true,
    async run({ args, values, print, store, host }) {
      const [id] = args as [string];
      const result = await (await store()).operate.series[verb](id, operatorOf(values, host));
      if (print.isJson) await print.json({ id, ...result });
      else if (result.applied) await print.text(`${id} ${verb}d`);
      else await print.warn(`${id} not ${verb}d: ${result.sentence}`);
      return result.applied ? 0 : 1;
    },
  };
}

export const seriesPause = seriesChange("pause", "Pause a series");
export const seriesResume = seriesChange("resume", "Resume a paused series");

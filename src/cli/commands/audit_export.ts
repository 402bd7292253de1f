// `evertask audit export`: the history of tasks as JSON.

import type { Page, PageRequest } from "../../storage/queries.ts";
import type { Command } from "../frame/command.ts";
import type { OperatedStore } from "../frame/operated_store.ts";
import { Progress } from "../text/progress.ts";
import { filterOf, filterOptions } from "./filter_options.ts";
import { taskJson } from "./task_json.ts";

const pageSize = 500;

/** The length at which collected lines are written, in characters. */
const mostCharacters = 65_536;

/** Yields all items of the pages that a function reads. */
async function* allOf<T>(read: (page: PageRequest) => Promise<Page<T>>): AsyncGenerator<T> {
  let after: string | null = null;
  do {
    const page: Page<T> = await read({ limit: pageSize, ...after !== null && { after } });
    yield* page.items;
    after = page.next;
  } while (after !== null);
}

/** Yields the rows of a task's history, each with the name of its table. */
async function* historyOf(store: OperatedStore, id: string): AsyncGenerator<object> {
  for await (const row of allOf((page) => store.statusAudit(id, page))) {
    yield { table: "StatusAudit", ...row };
  }
  for await (const row of allOf((page) => store.runsAudit(id, page))) {
    yield { table: "RunsAudit", ...row };
  }
  for await (const row of allOf((page) => store.executionLogs(id, page))) {
    yield { table: "TaskExecutionLog", ...row };
  }
}

export const auditExport: Command = {
  name: "audit export",
  summary: "Write tasks with their history as JSON, one row a line, oldest tasks first",
  about:
    `Each line names its table: QueuedTasks, StatusAudit, RunsAudit or TaskExecutionLog. The history
of a task follows the line of the task.`,
  options: filterOptions,
  examples: ["audit export --created-from 2026-01-01 --created-before 2026-02-01 > january.jsonl"],
  async run({ values, host, print, store }) {
    const filter = filterOf(values, host.clock.now());
    const opened = await store();
    const progress = new Progress(host.stderr, "tasks", null, !host.stdout.isTerminal);
    const tasks = allOf((page) =>
      opened.operate.tasks.search(filter, { ...page, order: "oldest" })
    );
    let count = 0;
    for await (const task of tasks) {
      if (host.interrupted.aborted) return 1;
      let lines = `${JSON.stringify({ table: "QueuedTasks", ...taskJson(task) })}\n`;
      for await (const row of historyOf(opened, task.id)) {
        lines += `${JSON.stringify(row)}\n`;
        if (lines.length < mostCharacters) continue;
        await print.raw(lines); // the history of a series may be longer than memory allows
        lines = "";
      }
      await print.raw(lines);
      if (++count % 100 === 0) await progress.show(count);
    }
    await progress.end();
    return 0;
  },
};

// `evertask tasks dispatch`.

import { messageOf } from "../../thrown/describe_error.ts";
import { type Command, listOption, textOption } from "../frame/command.ts";
import type { Host } from "../frame/host.ts";
import { UsageError } from "../frame/usage_error.ts";
import { instantOption } from "./filter_options.ts";

/** Parses a payload: JSON, a file after `@`, or the standard input as `-`. */
async function readPayload(text: string | undefined, host: Host): Promise<unknown> {
  if (text === undefined) return undefined;
  const path = text === "-" ? "-" : text.startsWith("@") ? text.slice(1) : null;
  const json = path === null ? text : await host.readTextFile(path);
  try {
    return JSON.parse(json);
  } catch (error) {
    // The message of JSON.parse would repeat the payload, which may have secrets.
    const [where = ""] = /at position \d+/.exec(messageOf(error)) ?? [];
    throw new UsageError(`The payload is not JSON${where === "" ? "" : ` ${where}`}.`);
  }
}

export const tasksDispatch: Command = {
  name: "tasks dispatch",
  summary: "Dispatch a task",
  args: "TYPE [PAYLOAD]",
  argCount: [1, 2],
  about:
    `The payload is JSON, @FILE, or - for the standard input. The validator of the task checks it: in
this process by the tasks of evertask.config.ts, with --api in the process of the API.`,
  options: {
    queue: { value: "QUEUE", help: "The queue (default: the task's)" },
    priority: { value: "N", help: "Larger values run earlier (default: the task's)" },
    key: { value: "KEY", help: "At most one task with this key waits or runs" },
    tag: { value: "TAG", isList: true, help: "Tags by which it is found" },
    at: { value: "TIME", help: "When it runs: an instant, or +2h for in two hours" },
    cron: { value: "CRON", help: "A schedule, on which it runs repeatedly" },
    unchecked: { help: "Store the payload although no validator is known" },
  },
  examples: [
    `tasks dispatch email '{"to":"ada@example.org"}' --queue mail`,
    "tasks dispatch report @report.json --at +2h --key report-2026",
  ],
  endsItself: true,
  async run({ args, values, host, print, store }) {
    const [type, text] = args as [string, string | undefined];
    const payload = await readPayload(text, host);
    const at = textOption(values, "at");
    const priority = textOption(values, "priority");
    const cron = textOption(values, "cron");
    const queue = textOption(values, "queue");
    const taskKey = textOption(values, "key");
    const tags = listOption(values, "tag");
    if (priority !== undefined && !/^-?\d{1,5}$/.test(priority)) {
      throw new UsageError("--priority must be an integer from -32768 to 32767.");
    }
    const due = at === undefined ? undefined : instantOption("at", at, host.clock.now());
    const dispatched = await (await store()).dispatch(type, payload, {
      unchecked: values.unchecked === true,
      ...queue !== undefined && { queue },
      ...priority !== undefined && { priority: Number(priority) },
      ...taskKey !== undefined && { taskKey },
      ...tags !== undefined && { tags },
      ...due !== undefined && { at: new Date(due) },
      ...cron !== undefined && { recurring: cron },
    });
    if (print.isJson) await print.json(dispatched);
    else await print.text(`${dispatched.id} ${dispatched.outcome}`);
    return 0;
  },
};

// `evertask queues`.

import type { QueueOverview } from "../../operate/queue_overview.ts";
import type { Command } from "../frame/command.ts";
import type { Column } from "../text/table.ts";
import { distanceWords } from "../text/words.ts";
import { operatorOf, operatorOptions } from "./operator.ts";

/** The columns of a list of queues. */
export function queueColumns(isForPerson: boolean, now: number): Column<QueueOverview>[] {
  const count = (value: number, exact: boolean) => `${value}${exact ? "" : "+"}`;
  return [
    { title: "QUEUE", text: ({ queue }) => queue, canCut: true },
    {
      title: "STATE",
      text: ({ paused, workerIds, places }) =>
        paused ? "paused" : places !== null && workerIds.length === 0 ? "unserved" : "served",
      style: ({ paused, workerIds, places, due }) =>
        paused
          ? "yellow"
          : places !== null && workerIds.length === 0 && due > 0
          ? "red"
          : undefined,
    },
    { title: "DUE", text: ({ due, dueExact }) => count(due, dueExact), isRight: true },
    {
      title: "LATER",
      text: ({ scheduled, scheduledExact }) => count(scheduled, scheduledExact),
      isRight: true,
    },
    { title: "WORKERS", text: ({ workerIds }) => `${workerIds.length}`, isRight: true },
    {
      title: "BUSY",
      text: ({ busyPlaces, places }) => `${busyPlaces ?? "?"}/${places ?? "?"}`,
      isRight: true,
    },
    {
      title: "OLDEST DUE",
      text: ({ oldestDueAt }) =>
        isForPerson ? distanceWords(oldestDueAt, now) : oldestDueAt?.toISOString() ?? "",
    },
  ];
}

export const queuesList: Command = {
  name: "queues list",
  isDefault: true,
  summary: "List the queues: waiting tasks, workers, busy places",
  examples: ["queues", "queues list --json"],
  async run({ print, store, host }) {
    const queues = await (await store()).operate.queues();
    const now = host.clock.now();
    await print.items(queueColumns(print.isForPerson, now), [queues]);
    return 0;
  },
};

/** Makes the command that pauses or resumes a queue. */
function queueChange(verb: "pause" | "resume", summary: string, done: string): Command {
  return {
    name: `queues ${verb}`,
    summary,
    args: "QUEUE",
    argCount: [1, 1],
    options: operatorOptions,
    examples: [
      `queues ${verb} mail --reason "the server is ${verb === "pause" ? "down" : "back"}"`,
    ],
    async run({ args, values, print, store, host }) {
      const [queue] = args as [string];
      await (await store()).changeQueue(verb, queue, operatorOf(values, host));
      if (print.isJson) await print.json({ queue, [done]: true });
      else await print.text(`Queue ${queue} is ${done}.`);
      return 0;
    },
  };
}

export const queuesPause = queueChange(
  "pause",
  "Pause a queue: no worker starts its tasks",
  "paused",
);
export const queuesResume = queueChange("resume", "Resume a queue", "resumed");

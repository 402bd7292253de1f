// `evertask workers`.

import type { WorkerOverview } from "../../operate/worker_overview.ts";
import type { Dated } from "../../time/dated.ts";
import type { Command } from "../frame/command.ts";
import type { Column } from "../text/table.ts";
import { distanceWords, elapsedWords } from "../text/words.ts";
import { operatorOf, operatorOptions } from "./operator.ts";

function columnsOf(isForPerson: boolean, now: number): Column<Dated<WorkerOverview>>[] {
  const when = (instant: Date) => isForPerson ? distanceWords(instant, now) : instant.toISOString();
  return [
    { title: "HOST", text: ({ host }) => host, canCut: true },
    {
      title: "STATE",
      text: ({ alive, draining }) => !alive ? "lost" : draining ? "draining" : "live",
      style: ({ alive, draining }) => !alive ? "red" : draining ? "yellow" : "green",
    },
    {
      title: "HEARTBEAT",
      text: ({ heartbeatAgeMs }) => `${elapsedWords(Math.abs(heartbeatAgeMs))} ago`,
    },
    { title: "HELD", text: ({ holds }) => heldText(holds), isRight: true },
    {
      title: "VERSION",
      text: ({ process: described }) => described?.applicationVersion ?? "",
      rank: 2,
    },
    { title: "STARTED", text: ({ startedAt }) => when(startedAt), rank: 2 },
    {
      title: "QUEUES",
      text: ({ serves }) =>
        serves === null
          ? "unknown"
          : serves.queues.map(({ name, parallelism }) => `${name}:${parallelism}`).join(" "),
      canCut: true,
      rank: 1,
    },
    { title: "TYPES", text: ({ serves }) => serves?.types.join(" ") ?? "", canCut: true, rank: 4 },
    { title: "EVERTASK", text: ({ process: described }) => described?.version ?? "", rank: 5 },
    { title: "ID", text: ({ id }) => id, rank: 3 },
  ];
}

function heldText(holds: WorkerOverview["holds"]): string {
  return `${holds?.reduce((sum, { count }) => sum + count, 0) ?? "?"}`;
}

export const workersList: Command = {
  name: "workers list",
  isDefault: true,
  summary: "List the workers, oldest first",
  about: "The exit code is 1 if a worker is lost.",
  examples: ["workers", "workers list --json"],
  async run({ print, store, host }) {
    const found = await (await store()).operate.workers();
    await print.items(columnsOf(print.isForPerson, host.clock.now()), [found]);
    if (found.length === 0) await print.note("No worker is registered.");
    return found.some(({ alive }) => !alive) ? 1 : 0;
  },
};

export const workersDrain: Command = {
  name: "workers drain",
  summary: "Make a worker finish its running tasks and stop",
  args: "ID",
  argCount: [1, 1],
  about: "It gives back the tasks that it has not started. It is listed until it has stopped.",
  options: operatorOptions,
  examples: ['workers drain 01a204c3-9e85-76f3-a637-c068a230efde --reason "a new version"'],
  endsItself: true,
  async run({ args, values, print, store, host }) {
    const [id] = args as [string];
    const isThere = await (await store()).operate.drainWorker(id, operatorOf(values, host));
    if (print.isJson) await print.json({ id, applied: isThere });
    else if (isThere) await print.text(`${id} was asked to stop`);
    else await print.warn(`No worker has the id ${id}.`);
    return isThere ? 0 : 1;
  },
};

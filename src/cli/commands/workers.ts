// `evertask workers`.

import type { WorkerStatus } from "../../storage/worker_status.ts";
import type { Dated } from "../../time/dated.ts";
import type { Command } from "../frame/command.ts";
import type { Column } from "../text/table.ts";
import { distanceWords, elapsedWords } from "../text/words.ts";

function columnsOf(isForPerson: boolean, now: number): Column<Dated<WorkerStatus>>[] {
  const when = (instant: Date) => isForPerson ? distanceWords(instant, now) : instant.toISOString();
  return [
    { title: "HOST", text: ({ host }) => host, canCut: true },
    {
      title: "STATE",
      text: ({ alive }) => alive ? "live" : "lost",
      style: ({ alive }) => alive ? "green" : "red",
    },
    {
      title: "HEARTBEAT",
      text: ({ heartbeatAgeMs }) => `${elapsedWords(Math.abs(heartbeatAgeMs))} ago`,
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
    { title: "ID", text: ({ id }) => id, rank: 3 },
  ];
}

export const workers: Command = {
  name: "workers",
  summary: "List the workers, oldest first",
  about: "The exit code is 1 if a worker is lost.",
  examples: ["workers"],
  async run({ print, store, host }) {
    const found = await (await store()).operate.workers();
    await print.items(columnsOf(print.isForPerson, host.clock.now()), [found]);
    if (found.length === 0) await print.note("No worker is registered.");
    return found.some(({ alive }) => !alive) ? 1 : 0;
  },
};

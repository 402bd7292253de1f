// `evertask tail`: the events of all processes, as they happen.

import {
  type Severity,
  severityOf,
  type TaskEvent,
  type TaskEventKind,
} from "../../events/task_event.ts";
import { type Command, textOption } from "../frame/command.ts";
import { oneLine } from "../text/clean.ts";
import type { Printer } from "../text/printer.ts";
import type { Style } from "../text/style.ts";
import { elapsedWords } from "../text/words.ts";
import { countOption } from "./paging.ts";

const styles: Readonly<Record<Severity, Style | undefined>> = {
  Information: undefined,
  Warning: "yellow",
  Error: "red",
};

/** Returns an event as a line. */
function lineOf(event: TaskEvent, { isForPerson }: Printer): string {
  const at = new Date(event.eventDateUtc).toISOString();
  const error = event.exception?.split("\n", 1)[0];
  const took = event.durationMs === null ? "" : elapsedWords(event.durationMs);
  const cells = [
    isForPerson ? at.slice("2026-01-01T".length) : at,
    isForPerson ? event.kind.padEnd(longestKind) : event.kind,
    event.taskType,
    event.taskId,
    took,
    error ?? "",
  ].map(oneLine);
  return isForPerson ? cells.filter((cell) => cell !== "").join(" ") : cells.join("\t");
}

const kinds = Object.keys(severityOf) as TaskEventKind[];
const longestKind = Math.max(...kinds.map(({ length }) => length));

export const tail: Command = {
  name: "tail",
  summary: "Show the events of all processes, as they happen",
  about: "It shows events until Ctrl-C. Events of other processes arrive within about a second.",
  options: {
    severity: {
      value: "SEVERITY",
      choices: ["Information", "Warning", "Error"],
      help: "The least severity",
    },
    kind: { value: "KIND", choices: kinds, help: "Only this kind" },
    type: { value: "TYPE", help: "Only this type of task" },
    count: { value: "N", help: "End after this number of events" },
  },
  examples: ["tail --severity Warning", "tail --type email --json"],
  endsItself: true,
  async run({ values, print, host, store }) {
    const severity = textOption(values, "severity") as Severity | undefined;
    const kind = textOption(values, "kind") as TaskEventKind | undefined;
    const type = textOption(values, "type");
    const filter = {
      ...severity !== undefined && { severity },
      ...kind !== undefined && { kinds: [kind] },
      ...type !== undefined && { types: [type] },
    };
    const count = textOption(values, "count");
    let left = count === undefined ? Infinity : countOption("count", count);
    const ended = new AbortController();
    const signal = AbortSignal.any([host.interrupted, ended.signal]);
    const opened = await store();
    await print.note("Waiting for events; Ctrl-C ends.");
    await opened.follow(
      async (event) => {
        if (left <= 0) return;
        left--;
        if (print.isJson) await print.json(event);
        else await print.text(lineOf(event, print), styles[event.severity]);
        if (left === 0) ended.abort();
      },
      filter,
      signal,
    );
    return 0;
  },
};

// The messages of failed assertions: the expectation, and the dispatched tasks.

import { differences, type DispatchMatch, timing } from "./dispatch_match.ts";
import { show } from "./payload_match.ts";
import type { StoredTask } from "./stored_task.ts";

/** The maximum number of tasks that a message shows. */
const mostShown = 10;

/** Formats the expectation, such as ` {"queue":"email"}`. */
export function asked(match: object): string {
  const readable = Object.entries(match).map(([name, value]) => [
    name,
    typeof value === "function" ? "a function of the test" : value,
  ]);
  return readable.length === 0 ? "" : ` ${show(Object.fromEntries(readable))}`;
}

/** Lists the tasks, each with its differences. */
export function shown(stored: readonly StoredTask[], match: DispatchMatch): string[] {
  if (stored.length === 0) return ["None of this type was dispatched."];
  const lines = stored.slice(0, mostShown).flatMap((task, i) => {
    const key = task.taskKey === null ? "" : `, key ${show(task.taskKey)}`;
    const found = differences(task, match);
    return [
      `  ${i + 1}. ${show(task.payload)} ${timing(task)}, ${task.status} in "${task.queue}"${key}`,
      ...(found.length === 0 ? [] : [`     ${found.join("; ")}`]),
    ];
  });
  const more = stored.length - mostShown;
  return ["Dispatched were:", ...lines, ...(more > 0 ? [`  and ${more} more`] : [])];
}

// The wording of alerts. The task's parameters are omitted, because they may contain data that must
// not appear in a chat or an email.

import type { TaskEventKind } from "../../events/task_event.ts";
import { cutText } from "../../thrown/cut_text.ts";
import type { Alert } from "./alert.ts";

const headings: Readonly<Record<TaskEventKind, string>> = {
  dispatched: "Task dispatched",
  started: "Task started",
  completed: "Task completed",
  failed: "Task failed",
  retrying: "Task will be retried",
  cancelled: "Task cancelled",
  timeout: "Task timed out",
  recurringScheduled: "Next run scheduled",
  missed: "Occurrences missed",
  lost: "Task lost with its worker",
  stuck: "Task stuck",
  leaseLost: "Task lost to another worker",
  rateLimitDeferred: "Task deferred by its rate limit",
  rateLimitRejected: "Task rejected by its rate limit",
  workerStarved: "Worker blocked",
};

/** Returns one line that names the event, the task and the count: "Task failed: send-email". */
export function headline({ event, count }: Alert): string {
  const times = count > 1 ? ` (${count} times)` : "";
  return `${headings[event.kind]}: ${event.taskType}${times}`.replace(/\s+/g, " ");
}

/** Returns the facts as names and values, most important first. */
export function facts({ event, suppressed }: Alert): [name: string, value: string][] {
  const all: [string, string | null][] = [
    ["Task ID", event.taskId],
    ["Time", event.eventDateUtc],
    ["Queue", event.queue],
    ["Task key", event.taskKey],
    ["Attempt", event.attempt > 0 ? String(event.attempt) : null],
    ["Message", event.message],
    ["Exception", event.exception],
    ["Suppressed", suppressed > 0 ? `${suppressed} earlier events` : null],
  ];
  return all.filter((fact): fact is [string, string] => fact[1] !== null && fact[1] !== "");
}

/** Cuts `text` to at most `maxLength` characters and ends it with an ellipsis if it was cut. */
export function cut(text: string, maxLength: number): string {
  return text.length > maxLength ? `${cutText(text, maxLength - 1)}…` : text;
}

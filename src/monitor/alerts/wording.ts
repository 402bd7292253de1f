// The wording of alerts. The task's parameters are left out: they may hold data that must not be in
// a chat or a mail.

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

/** "Task failed: send-email", and how often. One line. */
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
    ["Left out", suppressed > 0 ? `${suppressed} further events before this one` : null],
  ];
  return all.filter((fact): fact is [string, string] => fact[1] !== null && fact[1] !== "");
}

/** Cuts a text that is too long for its receiver. */
export function cut(text: string, maxLength: number): string {
  return text.length > maxLength ? `${cutText(text, maxLength - 1)}…` : text;
}

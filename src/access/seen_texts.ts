// Restricts texts and events to the parts that a user may see.

import { answerAtOnce } from "../guards/calls.ts";
import type { TaskEvent } from "../events/task_event.ts";
import type { AuthorizedUser, TextSource } from "./authorize.ts";
import { isInScope } from "./task_scope.ts";

/**
 * Returns the form of a text that a user may see.
 *
 * @throws {TypeError} If `redact` fails, which is a fault of the application, not of the request.
 */
export function seenText(
  { redact }: AuthorizedUser,
  text: string,
  kind: TextSource["kind"],
  taskType: string,
): string {
  if (redact === undefined) return text;
  let seen: unknown;
  try {
    seen = answerAtOnce(redact(text, { kind, taskType }), "redact");
  } catch (cause) {
    throw new TypeError("redact failed.", { cause });
  }
  if (typeof seen === "string") return seen;
  // The message does not contain the value, because it may be secret.
  throw new TypeError(`redact must return a string, but returned a value of type ${typeof seen}.`);
}

/** Returns the form of an error's text that a user may see; null for no error. */
export function seenError(user: AuthorizedUser, error: string | null, type: string): string | null {
  return error === null ? null : seenText(user, error, "error", type);
}

/** Returns the JSON of a payload that a user may see; null without the right to see payloads. */
export function seenPayload(user: AuthorizedUser, payload: string, type: string): string | null {
  return user.can.includes("payloads") ? seenText(user, payload, "payload", type) : null;
}

/**
 * Returns the form of an event that a user may see; null for a task that the user does not see.
 *
 * @param tags The tags of the task, because the event does not have them.
 */
export function seenEvent(
  user: AuthorizedUser,
  event: TaskEvent,
  tags: readonly string[] = [],
): TaskEvent | null {
  const { taskType: type, queue, taskKey, taskParameters, message, exception } = event;
  if (!isInScope({ type, queue, taskKey, tags }, user.filter)) return null;
  return {
    ...event,
    taskParameters: seenPayload(user, taskParameters, type) ?? "null",
    message: seenText(user, message, "event", type),
    exception: seenError(user, exception, type),
  };
}

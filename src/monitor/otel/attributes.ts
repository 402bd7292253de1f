// Names of the semantic conventions for messaging, as far as they apply, and our own for the rest.
// https://opentelemetry.io/docs/specs/semconv/messaging/

import type { Attributes } from "@opentelemetry/api";
import { errorParts } from "../../thrown/describe_error.ts";
import { isErrorLike } from "../../thrown/reading.ts";

/** The operations, by the convention's type and our own name. */
export type Operation = "dispatch" | "process";

/**
 * What spans and metrics of an operation have in common. All values are few: they may be labels.
 */
export function operationAttributes(
  operation: Operation,
  task: { readonly type: string; readonly queue: string },
): Attributes {
  return {
    "messaging.system": "evertask",
    "messaging.operation.name": operation,
    "messaging.operation.type": operation === "dispatch" ? "send" : "process",
    "messaging.destination.name": task.queue,
    "evertask.task.type": task.type,
  };
}

/** What only spans have: it differs from task to task. */
export function taskAttributes(
  task: { readonly taskId: string; readonly taskKey: string | null; readonly recurring: boolean },
): Attributes {
  return {
    "messaging.message.id": task.taskId,
    "evertask.task.recurring": task.recurring,
    ...(task.taskKey === null ? {} : { "evertask.task.key": task.taskKey }),
  };
}

/** The name of an error's class: `error.type` is to have few values. */
export function errorType(error: unknown): string {
  return isErrorLike(error) ? errorParts(error).name : "_OTHER";
}

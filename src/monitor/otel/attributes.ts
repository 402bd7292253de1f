// Attribute names. They come from the semantic conventions for messaging where these apply. All
// other names are EverTask's own. https://opentelemetry.io/docs/specs/semconv/messaging/

import type { Attributes } from "@opentelemetry/api";
import { errorParts } from "../../thrown/describe_error.ts";
import { isErrorLike } from "../../thrown/reading.ts";

/** EverTask's names of the operations, which are the values of `messaging.operation.name`. */
export type Operation = "dispatch" | "process";

/**
 * Returns the attributes that spans and metrics of an operation share. Each attribute has few
 * different values, so it can be a label.
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

/** Returns the attributes of spans only, which differ from task to task. */
export function taskAttributes(
  task: { readonly taskId: string; readonly taskKey: string | null; readonly recurring: boolean },
): Attributes {
  return {
    "messaging.message.id": task.taskId,
    "evertask.task.recurring": task.recurring,
    ...(task.taskKey === null ? {} : { "evertask.task.key": task.taskKey }),
  };
}

/** Returns the name of an error's class, because `error.type` should have few different values. */
export function errorType(error: unknown): string {
  return isErrorLike(error) ? errorParts(error).name : "_OTHER";
}

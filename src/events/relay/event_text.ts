// Encodes events as the text of a batch, and decodes them.

import { cutText } from "../../thrown/cut_text.ts";
import { isPlain } from "../../guards/argument_checks.ts";
import type { TaskEvent } from "../task_event.ts";

/** The maximum number of events in a batch. */
const mostEvents = 2_000;
/** The maximum length of a batch's text, in characters. Only a batch of one event may exceed it. */
const mostText = 1_000_000;
/** The maximum length of a field, in characters. Payloads and errors may have megabytes. */
const longestField = 16_384;

/**
 * Encodes as many events as fit into a batch.
 *
 * @param withParameters Whether to include payloads.
 * @returns The text, and the number of events in it.
 */
export function encodeEvents(
  events: readonly TaskEvent[],
  withParameters: boolean,
): { readonly text: string; readonly length: number } {
  const texts: string[] = [];
  let size = 0;
  for (const event of events) {
    const text = JSON.stringify(shortened(event, withParameters));
    size += text.length;
    if (texts.length === mostEvents || texts.length > 0 && size > mostText) break;
    texts.push(text);
  }
  return { text: `[${texts.join(",\n")}]`, length: texts.length };
}

/** Decodes the text of a batch; null if it is invalid. */
export function decodeEvents(text: string): readonly TaskEvent[] | null {
  try {
    const events: unknown = JSON.parse(text);
    const isList = Array.isArray(events) && events.every(isPlain);
    return isList ? events as readonly TaskEvent[] : null;
  } catch {
    return null; // a row that was edited by hand
  }
}

function shortened(event: TaskEvent, withParameters: boolean): TaskEvent {
  const { taskParameters, message, exception } = event;
  return {
    ...event,
    taskParameters: withParameters ? cut(taskParameters) : "",
    message: cut(message),
    exception: exception === null ? null : cut(exception),
  };
}

function cut(text: string): string {
  return text.length > longestField ? `${cutText(text, longestField)}…` : text;
}

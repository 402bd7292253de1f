// Events as the text of a batch, and back.

import { cutText } from "../../thrown/cut_text.ts";
import { isPlain } from "../../guards/argument_checks.ts";
import type { TaskEvent } from "../task_event.ts";

/** How many events one batch takes. */
const mostEvents = 2_000;
/** How long the text of a batch may be, in characters; one event is taken in any case. */
const mostText = 1_000_000;
/** How long one field may be, in characters: payloads and errors may have megabytes. */
const longestField = 16_384;

/**
 * Writes as many events as fit into a batch.
 *
 * @param withParameters Whether payloads are written.
 * @returns The text, and how many of the events it holds.
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

/** Reads the text of a batch; null when it is none. */
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

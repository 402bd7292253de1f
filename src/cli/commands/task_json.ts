// A task as JSON, in the form of the REST API.

import type { SeenTask } from "../frame/operated_store.ts";

/** Returns a task with its payload both as text, which keeps large integers, and parsed. */
export function taskJson({ payload, ...task }: SeenTask): object {
  return { ...task, payload: payload === null ? null : { text: payload, value: parsed(payload) } };
}

/** Parses a payload; null if it is damaged. */
function parsed(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return null;
  }
}

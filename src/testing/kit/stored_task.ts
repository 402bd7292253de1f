// A stored task for tests: its row, with the parsed payload.

import type { Dated } from "../../time/dated.ts";
import type { TaskRecord } from "../../storage/records.ts";

/**
 * A stored task with its parsed payload.
 *
 * @typeParam Payload The type of the payload after JSON. If the task's validator changes the
 * payload, for example from a string to a number, the validator's output may be stored instead.
 */
export interface StoredTask<Payload = unknown> extends Omit<Dated<TaskRecord>, "payload"> {
  /** The payload as it was stored. */
  readonly payload: Payload;
}

/** Parses the payload of a stored task. A text that is not JSON stays unchanged. */
export function toStoredTask<Payload>(record: Dated<TaskRecord>): StoredTask<Payload> {
  let payload: unknown;
  try {
    payload = JSON.parse(record.payload);
  } catch {
    payload = record.payload;
  }
  return { ...record, payload: payload as Payload };
}

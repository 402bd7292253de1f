// A stored task as tests look at it: its row, and its payload as an object.

import type { Dated } from "../../time/dated.ts";
import type { TaskRecord } from "../../storage/records.ts";

/**
 * A stored task with its payload read.
 *
 * @typeParam Payload What JSON makes of the payload. If the task's validator changes it, as one
 * that reads a number from a text does, the validator's output may be stored instead.
 */
export interface StoredTask<Payload = unknown> extends Omit<Dated<TaskRecord>, "payload"> {
  /** The payload as it was stored. */
  readonly payload: Payload;
}

/** Reads the payload of a stored task; a text that is not JSON stays unchanged. */
export function toStoredTask<Payload>(record: Dated<TaskRecord>): StoredTask<Payload> {
  let payload: unknown;
  try {
    payload = JSON.parse(record.payload);
  } catch {
    payload = record.payload;
  }
  return { ...record, payload: payload as Payload };
}

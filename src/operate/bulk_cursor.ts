// The cursor of a bulk change: the action, and the last task that was read.

import { InvalidArgumentError } from "../guards/errors.ts";
import { isUuid } from "../ids/uuid_v7.ts";

/** The start of the next batch. */
export interface BulkCursor {
  /** The action; null in a dry run, which records no action. */
  readonly actionId: string | null;
  /** The id of the last task that was read. */
  readonly next: string;
}

/** Encodes a cursor. */
export function cursorOf({ actionId, next }: BulkCursor): string {
  return `${actionId ?? "dry"}.${next}`;
}

/**
 * Parses a cursor.
 *
 * @param isDry Whether `after` must be the cursor of a dry run.
 * @throws {InvalidArgumentError} If `after` is not such a cursor.
 */
export function parseCursor(after: string, isDry: boolean): BulkCursor {
  const [, actionId, next] = /^(dry|\d{1,16})\.(\S+)$/.exec(after) ?? [];
  const isDryCursor = actionId === "dry";
  if (actionId !== undefined && isUuid(next) && isDryCursor === isDry) {
    return { actionId: isDryCursor ? null : actionId, next: next! };
  }
  const remedy = `be the \`next\` of the batch before, ${isDry ? "" : "not "}of a dry run`;
  throw new InvalidArgumentError("options.after", after, remedy);
}

// Where the next batch of a change begins: the action, and the last task that was looked at.

import { InvalidArgumentError } from "../guards/errors.ts";
import { isUuid } from "../ids/uuid_v7.ts";

/** Where the next batch begins. */
export interface BulkCursor {
  /** The action; null in a dry run, which notes none. */
  readonly actionId: string | null;
  /** The id of the last task that was looked at. */
  readonly next: string;
}

/** Writes a cursor. */
export function cursorOf({ actionId, next }: BulkCursor): string {
  return `${actionId ?? "dry"}.${next}`;
}

/**
 * Reads a cursor.
 *
 * @param isDry Whether it has to be one of a dry run.
 * @throws {InvalidArgumentError} If it is none.
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

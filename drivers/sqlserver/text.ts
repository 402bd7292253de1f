// Escapes strings, so that they are stored and returned unchanged. SQL Server stores any UTF-16
// text. Babelfish, which is based on PostgreSQL, does not support U+0000. Both servers ignore
// trailing spaces in comparisons.

import { InvalidArgumentError } from "../../src/guards/errors.ts";

// The control character DLE ("data link escape"), which begins the escapes of U+0000 and of itself.
const escape = "\u0010";
const escapedNul = `${escape}@`;
const escapedEscape = `${escape}P`;

/**
 * Returns a text in its stored form. Lone surrogates, which are not valid Unicode, become U+FFFD.
 */
export function toStored(text: string): string;
export function toStored(text: string | null): string | null;
export function toStored(text: string | null): string | null {
  if (text === null) return null;
  const wellFormed = text.toWellFormed();
  if (!wellFormed.includes("\u0000") && !wellFormed.includes(escape)) return wellFormed;
  return wellFormed.replaceAll(escape, escapedEscape).replaceAll("\u0000", escapedNul);
}

/** Returns a string from its stored form. */
export function fromStored(stored: string): string;
export function fromStored(stored: string | null): string | null;
export function fromStored(stored: string | null): string | null {
  if (stored === null || !stored.includes(escape)) return stored;
  return stored.replaceAll(escapedNul, "\u0000").replaceAll(escapedEscape, escape);
}

/**
 * Returns a name (key, queue, type …) in its stored form. Names are compared by code points. An
 * escape at the end preserves trailing spaces.
 *
 * @param maxLength The maximum length of the column, in UTF-16 code units.
 * @throws {InvalidArgumentError} If the stored form is longer.
 */
export function toStoredName(name: string, argument: string, maxLength: number): string {
  const stored = toStored(name);
  const guarded = stored.endsWith(" ") ? `${stored}${escape}` : stored;
  if (guarded.length <= maxLength) return guarded;
  throw new InvalidArgumentError(argument, name, `be at most ${maxLength} characters long`);
}

/** Returns a name from its stored form. */
export function fromStoredName(stored: string): string;
export function fromStoredName(stored: string | null): string | null;
export function fromStoredName(stored: string | null): string | null {
  if (stored === null || !stored.includes(escape)) return stored;
  return fromStored(stored.endsWith(` ${escape}`) ? stored.slice(0, -1) : stored);
}

/** The lengths of the columns that hold names. */
export const nameLengths = {
  type: 500,
  handler: 500,
  queue: 200,
  taskKey: 200,
  worker: 100,
  host: 400,
  status: 15,
  logLevel: 20,
  rateKey: 400,
  source: 36,
  tag: 201, // 100 characters that are all escaped, and a guarded space
  actor: 400,
  verb: 20,
  targetKind: 10,
  version: 200,
  applicationVersion: 201, // as for tags
} as const;

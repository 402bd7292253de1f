// Describes what was thrown, as it is stored in `exception` columns and shown in events and logs.

import { cutText } from "./cut_text.ts";
import { describeValue } from "./describe_value.ts";
import { isErrorLike, readMember } from "./reading.ts";
import { wrappedErrors } from "./wrapped_errors.ts";

/**
 * The longest description of an error, in UTF-16 code units. What is longer is cut, and says so in
 * its last line.
 */
export const longestDescription = 32_768;

const cutNote = `\n[The text was cut at ${longestDescription} characters.]`;

const longestHeadline = 1_000;

/** How deep errors within errors are told. */
const deepest = 10;

/** How many of the errors are told for which one error stands. */
const mostParts = 10;

/** What an error says of itself. */
export interface ErrorParts {
  /** Its class, as far as it names it. */
  readonly name: string;
  readonly message: string;
  /** Null when it has none. */
  readonly stack: string | null;
}

/** Takes apart what was thrown, an error or any other value. Never throws. */
export function errorParts(thrown: unknown): ErrorParts {
  if (typeof thrown === "string") return { name: "Error", message: thrown, stack: null };
  if (!isErrorLike(thrown)) return { name: "Error", message: valueText(thrown), stack: null };
  const stack = readMember(thrown, "stack");
  return {
    name: textOf(readMember(thrown, "name")) || "Error",
    message: textOf(readMember(thrown, "message")),
    stack: typeof stack === "string" && stack !== "" ? stack : null,
  };
}

/**
 * The message of what was thrown; for an error that has none, those of the errors for which it
 * stands: a connection that was refused at each address of a host says so only there. Never throws.
 */
export function messageOf(thrown: unknown): string {
  const { name, message } = errorParts(thrown);
  if (message !== "") return message;
  const messages = wrappedErrors(thrown, mostParts).parts.map((part) => errorParts(part).message);
  return messages.filter((each) => each !== "").join("; ") || name;
}

/**
 * Name and message of what was thrown, such as `RangeError: too far`, in up to 1,000 characters.
 * Never throws.
 */
export function headlineOf(thrown: unknown): string {
  const { name } = errorParts(thrown);
  const message = messageOf(thrown);
  return cutText(headline({ name, message: message === name ? "" : message }), longestHeadline);
}

/**
 * Describes what was thrown: name, message and stack, and the same of its causes and of the errors
 * for which it stands (the first 10 of each), 10 levels deep, in up to {@linkcode
 * longestDescription} characters. Never throws.
 */
export function describeError(thrown: unknown): string {
  const description = new Description();
  description.add("", thrown, 0);
  return cutDescription(description.text);
}

/** Cuts a description that is too long. */
export function cutDescription(text: string): string {
  if (text.length <= longestDescription) return text;
  return cutText(text, longestDescription - cutNote.length) + cutNote;
}

class Description {
  text = "";
  readonly #told = new Set<unknown>();

  /**
   * Adds what was thrown, and what it wraps.
   *
   * @param label Stands before it, and says how it belongs to what comes before.
   */
  add(label: string, thrown: unknown, depth: number): void {
    if (this.text.length > longestDescription) return;
    if (this.#told.has(thrown)) return this.#write(`${label}(told above)`);
    this.#write(label + textOfOne(thrown));
    if (!isErrorLike(thrown)) return;
    this.#told.add(thrown);
    const { causes, parts, partCount } = wrappedErrors(thrown, mostParts);
    if (causes.length + partCount === 0) return;
    if (depth === deepest) return this.#write("(It wraps further errors.)");
    for (const cause of causes) this.add("Caused by: ", cause, depth + 1);
    parts.forEach((part, at) => this.add(`Error ${at + 1} of ${partCount}: `, part, depth + 1));
    if (partCount > parts.length) this.#write(`(${partCount - parts.length} more errors)`);
  }

  #write(line: string): void {
    this.text += (this.text === "" ? "" : "\n") + cutText(line, longestDescription + 1);
  }
}

/** Name, message and stack of one error. */
function textOfOne(thrown: unknown): string {
  if (typeof thrown === "string") return `Error: ${valueText(thrown)}`;
  const parts = errorParts(thrown);
  const { name, message, stack } = parts;
  if (stack === null) return headline(parts);
  // V8's stacks begin with name and message as they were when the error was made; those of others
  // have frames alone.
  const headEnd = message === "" ? lineEnd(stack) : stack.indexOf(message);
  const head = headEnd < 0 ? "" : stack.slice(0, headEnd);
  const isHead = /^[^\n@]*: $/.test(head) || (message === "" && /^[\w.$]+$/.test(head));
  if (!isHead) return `${headline(parts)}\n${stack}`;
  if (head.includes(name)) return stack;
  return (message === "" ? name : `${name}: `) + stack.slice(headEnd);
}

function valueText(value: unknown): string {
  return describeValue(value, longestDescription);
}

function headline({ name, message }: Pick<ErrorParts, "name" | "message">): string {
  return message === "" ? name : `${name}: ${message}`;
}

function lineEnd(text: string): number {
  const end = text.indexOf("\n");
  return end < 0 ? text.length : end;
}

function textOf(member: unknown): string {
  if (typeof member === "string") return member;
  return member === undefined || member === null ? "" : describeValue(member);
}

// Describes thrown values, for `exception` columns, events and logs.

import { cutText } from "./cut_text.ts";
import { describeValue } from "./describe_value.ts";
import { isErrorLike, readMember } from "./reading.ts";
import { wrappedErrors } from "./wrapped_errors.ts";

/**
 * The maximum length of an error's description, in UTF-16 code units. A longer description is cut,
 * and ends with a line that says so.
 */
export const longestDescription = 32_768;

const cutNote = `\n[The text was cut at ${longestDescription} characters.]`;

const longestHeadline = 1_000;

/** The maximum depth of described nested errors. */
const deepest = 10;

/** The maximum number of described parts of an aggregate error. */
const mostParts = 10;

/** The parts of an error. */
export interface ErrorParts {
  /** The name of the error's class, as the error gives it. */
  readonly name: string;
  readonly message: string;
  /** The stack; null if there is none. */
  readonly stack: string | null;
}

/** Reads the parts of a thrown value, an error or any other. Never throws. */
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
 * Returns the message of a thrown value. For an aggregate error without a message, returns the
 * messages of its parts: a connection that each address of a host refuses causes such an error.
 * Never throws.
 */
export function messageOf(thrown: unknown): string {
  const { name, message } = errorParts(thrown);
  if (message !== "") return message;
  const messages = wrappedErrors(thrown, mostParts).parts.map((part) => errorParts(part).message);
  return messages.filter((each) => each !== "").join("; ") || name;
}

/**
 * Returns the name and message of a thrown value, such as `RangeError: too far`, in up to 1,000
 * characters. Never throws.
 */
export function headlineOf(thrown: unknown): string {
  const { name } = errorParts(thrown);
  const message = messageOf(thrown);
  return cutText(headline({ name, message: message === name ? "" : message }), longestHeadline);
}

/**
 * Describes a thrown value in up to {@linkcode longestDescription} characters: name, message and
 * stack, and the same for its causes and the first 10 parts of aggregate errors, up to 10 levels
 * deep. Never throws.
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
   * Adds a thrown value, and the errors that it wraps.
   *
   * @param label The prefix, which names the relation of `thrown` to the preceding error.
   */
  add(label: string, thrown: unknown, depth: number): void {
    if (this.text.length > longestDescription) return;
    if (this.#told.has(thrown)) return this.#write(`${label}(described above)`);
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

/** Returns name, message and stack of one error. */
function textOfOne(thrown: unknown): string {
  if (typeof thrown === "string") return `Error: ${valueText(thrown)}`;
  const parts = errorParts(thrown);
  const { name, message, stack } = parts;
  if (stack === null) return headline(parts);
  // V8's stacks begin with the name and message at the creation of the error. The stacks of other
  // engines have only frames.
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

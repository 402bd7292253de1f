// The errors that EverTask throws, in one family: each has a stable `name`, says which value was wrong and what to do
// about it, and keeps its cause. Errors of storage are in storage/errors.ts.

/**
 * The base of every error that EverTask throws on purpose: catch it to tell them from your own.
 */
export class EverTaskError extends Error {
  /** A name that stays the same across versions and minification. */
  override name = "EverTaskError";
}

/**
 * An argument or an option has a value that cannot be used: a negative delay, an unknown audit level, a date that is
 * no date. The message names the option, the value and what is allowed. Nothing was stored.
 */
export class InvalidArgumentError extends EverTaskError {
  /** `InvalidArgumentError` */
  override name = "InvalidArgumentError";
  /** The option or argument, as the caller spells it: `delay`, `queues.email.parallelism`. */
  readonly argument: string;
  /** The value that was refused. */
  readonly value: unknown;

  /**
   * Writes the message from the three facts a caller needs.
   *
   * @param argument The option or argument, as the caller spells it.
   * @param value The value that was refused.
   * @param remedy What to pass instead: a sentence fragment after "must", e.g. `be an integer of at least 1`.
   */
  constructor(argument: string, value: unknown, remedy: string) {
    super(`${argument} is ${describeValue(value)}, but it must ${remedy}.`);
    this.argument = argument;
    this.value = value;
  }
}

/** Renders any value for an error message: short, on one line, never throwing. */
export function describeValue(value: unknown): string {
  if (typeof value === "string") {
    return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value);
  }
  if (typeof value === "bigint") return `${value}n`;
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? "an invalid Date" : value.toISOString();
  }
  if (typeof value === "function") return `the function ${value.name || "(anonymous)"}`;
  if (typeof value !== "object" || value === null) return String(value);
  try {
    const text = JSON.stringify(value);
    return text.length > 80 ? `${text.slice(0, 77)}...` : text;
  } catch {
    return Object.prototype.toString.call(value);
  }
}

/** How many causes of causes are told; beyond that, they go in a circle or say nothing more. */
const mostCauses = 10;

/** The name and message of an error with its causes, as stored in `exception` columns and shown in events. */
export function describeError(error: unknown): string {
  return describeCauses(error, mostCauses);
}

function describeCauses(error: unknown, causesLeft: number): string {
  if (!(error instanceof Error)) return `Error: ${describeValue(error)}`;
  const text = error.stack ?? `${error.name}: ${error.message}`;
  const headed = text.includes(error.message) ? text : `${error.name}: ${error.message}\n${text}`;
  if (error.cause === undefined || causesLeft === 0) return headed;
  return `${headed}\nCaused by: ${describeCauses(error.cause, causesLeft - 1)}`;
}

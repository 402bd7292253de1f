// Checks of arguments and options, shared by all parts.

import { readEntries, readMember, tagOf } from "../thrown/reading.ts";
import { InvalidArgumentError } from "./errors.ts";
import type { OptionNames } from "./option_names.ts";

/** The largest count that every store can hold. */
export const largestCount = 2_147_483_647;

/** Checks a count: an integer of at least `least` that every store can hold. */
export function checkCount(value: unknown, argument: string, least = 1): void {
  const isCount = Number.isInteger(value) && (value as number) >= least;
  if (isCount && (value as number) <= largestCount) return;
  throw new InvalidArgumentError(argument, value, `be an integer from ${least} to ${largestCount}`);
}

/** Checks that a value is one of the given names. */
export function checkChoice(value: unknown, choices: readonly string[], argument: string): void {
  if (choices.includes(value as string)) return;
  throw new InvalidArgumentError(argument, value, `be one of ${choices.join(", ")}`);
}

/**
 * Checks that options are an object with known properties only, so that a misspelt name throws
 * instead of being ignored.
 *
 * @param argument The argument's name in messages. A property is named `argument.property`.
 */
export function checkOptions<Options extends object>(
  value: Options,
  known: OptionNames<NoInfer<Options>>,
  argument: string,
): void {
  const members = isPlain(value) ? readEntries(value) : null;
  if (members === null) {
    throw new InvalidArgumentError(argument, value, `be an object with any of ${namesOf(known)}`);
  }
  for (const [name, member] of members) {
    if (Object.hasOwn(known, name)) continue;
    throw new InvalidArgumentError(
      `${argument}.${name}`,
      member,
      `be left out: there are only ${namesOf(known)}`,
    );
  }
}

function namesOf(known: object): string {
  return Object.keys(known).join(", ");
}

/** Reports whether a value is a plain object, not an array, a Map, a Date or a promise. */
export function isPlain(value: unknown): value is object {
  return tagOf(value) === "[object Object]";
}

/**
 * Checks an array of strings.
 *
 * @param choices The allowed strings, or null for any.
 */
export function checkNames(
  value: unknown,
  choices: readonly string[] | null,
  argument: string,
): void {
  if (!Array.isArray(value)) {
    throw new InvalidArgumentError(argument, value, "be an array of strings");
  }
  for (const [index, name] of value.entries()) {
    const where = `${argument}[${index}]`;
    if (choices !== null) checkChoice(name, choices, where);
    else if (typeof name !== "string") throw new InvalidArgumentError(where, name, "be a string");
  }
}

/**
 * Like {@linkcode checkOptions}, for options with secrets. Messages show no values, because they
 * are logged.
 */
export function checkSecretOptions<Options extends object>(
  value: Options,
  known: OptionNames<NoInfer<Options>>,
  argument: string,
): void {
  const members = isPlain(value) ? readEntries(value) : null;
  if (members === null) return checkOptions(hidden(value) as object, known, argument);
  const shown = members.map(([name, member]) => [name, hidden(member)]);
  checkOptions(Object.fromEntries(shown), known, argument);
}

/** Replaces a secret, or a value that may be one, in a message. */
export function hidden(value: unknown): unknown {
  return value === undefined || value === null ? value : `(${typeof value}, not shown)`;
}

/** Checks a boolean. */
export function checkFlag(value: unknown, argument: string): void {
  if (typeof value === "boolean") return;
  throw new InvalidArgumentError(argument, value, "be true or false");
}

/** Checks an optional AbortSignal. */
export function checkSignal(value: unknown, argument: string): void {
  if (value === undefined) return;
  checkMethods(value, ["throwIfAborted", "addEventListener"], argument, "be an AbortSignal");
}

/** Checks that a string is not empty. */
export function checkText(value: unknown, argument: string, remedy = "be a string"): void {
  if (typeof value !== "string" || value === "") {
    throw new InvalidArgumentError(argument, value, remedy);
  }
}

/** Checks a number that is not NaN. */
export function checkNumber(value: unknown, argument: string): void {
  if (typeof value === "number" && value === value) return;
  throw new InvalidArgumentError(argument, value, "be a number");
}

/** Checks an array. */
export function checkList(value: unknown, argument: string): void {
  if (!Array.isArray(value)) throw new InvalidArgumentError(argument, value, "be an array");
}

/** Checks a required function. */
export function checkCallback(value: unknown, argument: string): void {
  if (typeof value === "function") return;
  throw new InvalidArgumentError(argument, value, "be a function");
}

/** Checks an optional function. */
export function checkFunction(value: unknown, argument: string): void {
  if (value !== undefined) checkCallback(value, argument);
}

/**
 * Checks that an object has the given methods.
 *
 * @param shown The value that the message shows: {@linkcode hidden} if a secret may have been
 * passed by mistake.
 */
export function checkMethods(
  value: unknown,
  methods: readonly string[],
  argument: string,
  remedy: string,
  shown: unknown = value,
): void {
  const has = (name: string) => typeof readMember(value, name) === "function";
  if (!methods.every(has)) throw new InvalidArgumentError(argument, shown, remedy);
}

// The interface of loggers. console and LogTape implement it; pino, bunyan, winston and most others
// need an adapter of a few lines.

import { InvalidArgumentError } from "../guards/errors.ts";
import { cutText } from "../thrown/cut_text.ts";
import { describeError, headlineOf } from "../thrown/describe_error.ts";
import { describeValue } from "../thrown/describe_value.ts";
import { isErrorLike, readMember } from "../thrown/reading.ts";

/** Named values of a structured message: `log.info("Sending to {email}", { email })`. */
export type LogProperties = Readonly<Record<string, unknown>>;

/**
 * The application's logger. A message may contain `{name}` placeholders, whose values are in
 * `properties`. Structured loggers take both separately; {@linkcode consoleLogger} replaces the
 * placeholders.
 */
export interface Logger {
  /** Each step of the work. */
  trace(message: string, properties?: LogProperties): void;
  /** Details for finding errors. */
  debug(message: string, properties?: LogProperties): void;
  /** Normal events. */
  info(message: string, properties?: LogProperties): void;
  /** Events that need attention. */
  warn(message: string, properties?: LogProperties): void;
  /** A failure. */
  error(message: string, properties?: LogProperties): void;
}

const methods: readonly (keyof Logger)[] = ["trace", "debug", "info", "warn", "error"];

/**
 * Checks that a user's value is a logger.
 *
 * @throws {InvalidArgumentError} If it lacks a method, or takes the properties before the message.
 */
export function checkLogger(logger: unknown, argument: string): void {
  const missing = methods.filter((method) => typeof readMember(logger, method) !== "function");
  if (missing.length > 0) {
    const remedy = `have the methods ${methods.join(", ")} (it lacks ${missing.join(", ")})`;
    throw new InvalidArgumentError(argument, logger, remedy);
  }
  const name = propertiesFirst(logger);
  if (name === null) return;
  const remedy =
    "take the message first: it takes the properties first, and would lose them. Pass " +
    "{ info: (message, properties) => logger.info(properties, message), … } with all five methods";
  throw new InvalidArgumentError(argument, name, remedy);
}

/**
 * Returns the kind of a logger whose methods take the properties first, and would lose properties
 * that follow the message; null for other loggers.
 */
function propertiesFirst(logger: unknown): string | null {
  if (readMember(logger, Symbol.for("pino.serializers")) !== undefined) return "a pino logger";
  const isBunyan = ["addSerializers", "addStream", "_emit"].every((method) =>
    typeof readMember(logger, method) === "function"
  );
  return isBunyan ? "a bunyan logger" : null;
}

/** The maximum number of characters of all values in a message. */
const longestValues = 100_000;

/**
 * Replaces the `{name}` placeholders of a message. Unknown ones stay unchanged. Cuts the values at
 * 100,000 characters in total. Never throws.
 */
export function formatMessage(message: string, properties: LogProperties = {}): string {
  return fillIn(message, properties, headlineOf);
}

function fillIn(
  message: string,
  properties: LogProperties,
  errorText: (error: unknown) => string,
): string {
  if (typeof message !== "string") return describeValue(message, longestValues);
  let room = longestValues;
  return message.replace(/\{(\w+)\}/g, (placeholder, name: string) => {
    if (room === 0) return placeholder;
    try {
      if (!Object.hasOwn(properties, name)) return placeholder;
    } catch {
      return placeholder; // a Proxy whose trap throws
    }
    const value = readMember(properties, name);
    const text = isErrorLike(value) ? errorText(value) : textOf(value);
    const shown = text.length <= room ? text : `${cutText(text, room)}...`;
    room = Math.max(0, room - text.length);
    return shown;
  });
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "bigint") return String(value);
  return describeValue(value, longestValues);
}

/** The default logger. Writes warnings and errors to the console, errors with their stacks. */
export const consoleLogger: Logger = {
  trace() {},
  debug() {},
  info() {},
  warn: (message, properties) => console.warn(`[EverTask] ${formatMessage(message, properties)}`),
  error: (message, properties = {}) =>
    console.error(`[EverTask] ${fillIn(message, properties, describeError)}`),
};

/** A logger that writes nothing. */
export const silentLogger: Logger = {
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
};

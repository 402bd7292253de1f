// The logger that EverTask writes to: the application's own. console, pino, winston, LogTape and most others fit after at
// most a one-line adapter.

import { InvalidArgumentError } from "../errors.ts";
import { headlineOf } from "../thrown/describe_error.ts";
import { describeValue } from "../thrown/describe_value.ts";
import { isErrorLike, readMember } from "../thrown/reading.ts";

/** Named values of a structured message: `log.info("Sending to {email}", { email })`. */
export type LogProperties = Readonly<Record<string, unknown>>;

/**
 * The application's logger. A message may hold `{name}` placeholders whose values are in `properties`; structured loggers
 * take both as they are, and {@linkcode consoleLogger} fills them in.
 */
export interface Logger {
  /** Each step. */
  trace(message: string, properties?: LogProperties): void;
  /** What helps to find an error. */
  debug(message: string, properties?: LogProperties): void;
  /** Normal life. */
  info(message: string, properties?: LogProperties): void;
  /** Something to look at. */
  warn(message: string, properties?: LogProperties): void;
  /** A failure. */
  error(message: string, properties?: LogProperties): void;
}

const methods: readonly (keyof Logger)[] = ["trace", "debug", "info", "warn", "error"];

/** Checks that a user passed a logger. */
export function checkLogger(logger: unknown, argument: string): void {
  const missing = methods.filter((method) =>
    typeof (logger as Partial<Logger> | null)?.[method] !== "function"
  );
  if (missing.length === 0) return;
  const remedy = `have the methods ${methods.join(", ")} (it lacks ${missing.join(", ")})`;
  throw new InvalidArgumentError(argument, logger, remedy);
}

/** How much of a value is shown in a message. */
const longestValue = 10_000;

/** Fills the `{name}` placeholders of a message; unknown ones stay as they are. Never throws. */
export function formatMessage(message: string, properties: LogProperties = {}): string {
  if (typeof message !== "string") return describeValue(message, longestValue);
  return message.replace(/\{(\w+)\}/g, (placeholder, name: string) => {
    try {
      if (!Object.hasOwn(properties, name)) return placeholder;
    } catch {
      return placeholder; // a Proxy whose trap throws
    }
    return textOf(readMember(properties, name));
  });
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "bigint") return String(value);
  return isErrorLike(value) ? headlineOf(value) : describeValue(value, longestValue);
}

/** Writes warnings and errors to the console, and nothing else: the default. */
export const consoleLogger: Logger = {
  trace() {},
  debug() {},
  info() {},
  warn: (message, properties) => console.warn(`[EverTask] ${formatMessage(message, properties)}`),
  error: (message, properties) => console.error(`[EverTask] ${formatMessage(message, properties)}`),
};

/** Writes nothing. */
export const silentLogger: Logger = {
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
};

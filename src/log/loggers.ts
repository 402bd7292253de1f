// The loggers of the parts of an instance: one logger for all, or one for each category.

import { answerAtOnce } from "../guards/calls.ts";
import { guardLogger } from "./guarded_logger.ts";
import { checkLogger, consoleLogger, type Logger } from "./logger.ts";

/**
 * Returns the logger of a category, so that each category can have its own level and output.
 *
 * @param category `dispatch`, `worker`, `events` or `retention` for EverTask's own messages.
 * `tasks.` and a task's type for the log lines of its handler and hooks, and for its failures.
 */
export type LoggerFactory = (category: string) => Logger;

const parts = ["dispatch", "worker", "events", "retention"] as const;

/** A part of an instance that logs. */
export type LogCategory = (typeof parts)[number] | `tasks.${string}`;

/** Returns the logger of a part, whose calls never throw. */
export type Loggers = (category: LogCategory) => Logger;

/**
 * Creates the loggers of an instance.
 *
 * @param option The user's `logger` option.
 * @param types The types of the instance's tasks.
 * @throws {InvalidArgumentError} If the option, or its result, is not a logger.
 */
export function makeLoggers(
  option: Logger | LoggerFactory = consoleLogger,
  types: Iterable<string>,
): Loggers {
  if (!isFactory(option)) {
    checkLogger(option, "logger");
    const logger = guardLogger(option);
    return () => logger;
  }
  const categories: LogCategory[] = [
    ...parts,
    ...Array.from(types, (type): LogCategory => `tasks.${type}`),
  ];
  const loggers = new Map(categories.map((category) => {
    const argument = `logger("${category}")`;
    const logger = answerAtOnce(option(category), argument);
    checkLogger(logger, argument);
    return [category, guardLogger(logger)];
  }));
  return (category) => loggers.get(category) ?? loggers.get("worker")!;
}

/** Reports whether the option is a factory. Some loggers are functions with methods. */
function isFactory(option: Logger | LoggerFactory): option is LoggerFactory {
  return typeof option === "function" && typeof (option as Partial<Logger>).info !== "function";
}

// The loggers of the parts of an instance: one for all, or one each, by category.

import { answerAtOnce } from "../guards/calls.ts";
import { guardLogger } from "./guarded_logger.ts";
import { checkLogger, consoleLogger, type Logger } from "./logger.ts";

/**
 * Makes the logger of a part, so that levels and outputs can be set by category.
 *
 * @param category `dispatch`, `worker`, `events` or `retention` for EverTask's own messages;
 * `tasks.` and a task's type for the messages of its handler and hooks, and for its failures.
 */
export type LoggerFactory = (category: string) => Logger;

const parts = ["dispatch", "worker", "events", "retention"] as const;

/** A part of an instance that logs. */
export type LogCategory = (typeof parts)[number] | `tasks.${string}`;

/** Returns the logger of a part; its calls never throw. */
export type Loggers = (category: LogCategory) => Logger;

/**
 * Makes the loggers of an instance.
 *
 * @param option What the user passed.
 * @param types The types of its tasks.
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

/** Some loggers are functions that have methods. */
function isFactory(option: Logger | LoggerFactory): option is LoggerFactory {
  return typeof option === "function" && typeof (option as Partial<Logger>).info !== "function";
}

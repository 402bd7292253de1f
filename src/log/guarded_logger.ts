// The application's logger as everything here may use it: a logger that throws or rejects, as one
// does whose stream has ended, must not stop what was about to be logged.

import { callAndForget, onlyOnce } from "../guards/calls.ts";
import { headlineOf } from "../thrown/describe_error.ts";
import type { Logger, LogProperties } from "./logger.ts";

/** Wraps a logger so that no call throws. The first failure is told on the console. */
export function guardLogger(logger: Logger): Logger {
  const onFault = onlyOnce((error: unknown) => {
    const text = `[EverTask] The logger failed, and further failures of it are not told: ` +
      headlineOf(error);
    callAndForget(() => console.error(text), () => {}); // the console may have ended, too
  });
  const guarded = (level: keyof Logger) => (message: string, properties?: LogProperties): void =>
    // Looked up at each call: some loggers exchange their methods when their level is changed.
    callAndForget(() => logger[level](message, properties), onFault);
  return {
    trace: guarded("trace"),
    debug: guarded("debug"),
    info: guarded("info"),
    warn: guarded("warn"),
    error: guarded("error"),
  };
}

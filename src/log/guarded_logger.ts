// Guards the application's logger, so that a logger that throws or rejects, for example because its
// stream has ended, does not affect its caller.

import { callAndForget, onlyOnce } from "../guards/calls.ts";
import { headlineOf } from "../thrown/describe_error.ts";
import type { Logger, LogProperties } from "./logger.ts";

/** Wraps a logger so that no call throws. Writes the first failure to the console. */
export function guardLogger(logger: Logger): Logger {
  const onFault = onlyOnce((error: unknown) => {
    const text = `[EverTask] The logger failed; its further failures are not shown: ` +
      headlineOf(error);
    callAndForget(() => console.error(text), () => {}); // the console may have ended, too
  });
  const guarded = (level: keyof Logger) => (message: string, properties?: LogProperties): void =>
    // Looked up at each call, because some loggers replace their methods when their level is
    // changed.
    callAndForget(() => logger[level](message, properties), onFault);
  return {
    trace: guarded("trace"),
    debug: guarded("debug"),
    info: guarded("info"),
    warn: guarded("warn"),
    error: guarded("error"),
  };
}

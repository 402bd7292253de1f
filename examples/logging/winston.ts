// Uses winston as the logger. It needs an additional level, `trace`, and a format that writes the
// property `error`.

import { createEverTask, defineTask, type Logger, noRetry } from "@evertask/evertask";
import { memoryStorage } from "@evertask/evertask/memory";
import winston from "winston";

/** winston's JSON would write an error as {}. */
const withErrors = winston.format((info) => {
  const { error } = info;
  if (error instanceof Error) {
    const { name, message, stack } = error;
    info.error = { name, message, stack };
  }
  return info;
});

const root = winston.createLogger({
  levels: { error: 0, warn: 1, info: 2, debug: 3, trace: 4 },
  level: "info",
  format: winston.format.combine(
    withErrors(),
    winston.format.timestamp(),
    winston.format.json(),
  ),
  transports: [new winston.transports.Console()],
});

/** Passes one object, because winston would append a property called `message` to the message. */
function adapt(logger: winston.Logger): Logger {
  return {
    trace: (message, properties) => logger.log({ ...properties, level: "trace", message }),
    debug: (message, properties) => logger.log({ ...properties, level: "debug", message }),
    info: (message, properties) => logger.log({ ...properties, level: "info", message }),
    warn: (message, properties) => logger.log({ ...properties, level: "warn", message }),
    error: (message, properties) => logger.log({ ...properties, level: "error", message }),
  };
}

const greet = defineTask<{ who: string }>({
  type: "greet",
  retry: noRetry(),
  handle({ who }, { log }) {
    log.info("Greeting {who}", { who });
    if (who === "nobody") throw new RangeError("There is nobody to greet.");
  },
});

const everTask = createEverTask({
  storage: memoryStorage(),
  tasks: [greet],
  logger: (category) => adapt(root.child({ category })),
});
const done = new Promise((resolve) => everTask.events.subscribe(resolve, { kinds: ["failed"] }));
await everTask.start();
await everTask.dispatch(greet, { who: "Ada" });
await everTask.dispatch(greet, { who: "nobody" });
await done;
await everTask.stop();

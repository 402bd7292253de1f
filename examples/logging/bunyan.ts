// Uses bunyan as the logger. An adapter is needed, because bunyan takes the properties before the
// message. A serializer writes the property `error`.

import { createEverTask, defineTask, type Logger, noRetry } from "@evertask/evertask";
import { memoryStorage } from "@evertask/evertask/memory";
import bunyan from "bunyan";

const root = bunyan.createLogger({
  name: "shop",
  serializers: { error: bunyan.stdSerializers.err }, // otherwise an error would be written as {}
});

/** Puts message and properties into bunyan's order. */
function adapt(logger: typeof root): Logger {
  return {
    trace: (message, properties = {}) => logger.trace(properties, message),
    debug: (message, properties = {}) => logger.debug(properties, message),
    info: (message, properties = {}) => logger.info(properties, message),
    warn: (message, properties = {}) => logger.warn(properties, message),
    error: (message, properties = {}) => logger.error(properties, message),
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

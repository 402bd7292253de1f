// The console as the logger of handlers and of EverTask.

import { createEverTask, defineTask, formatMessage, type Logger } from "@evertask/evertask";
import { memoryStorage } from "@evertask/evertask/memory";

const greet = defineTask<{ name: string }>({
  type: "greet",
  handle({ name }, { log }) {
    log.info("Greeting {name}", { name });
  },
});

// `logger: console` works, too. This logger also replaces the {placeholders} and omits the lowest
// levels.
const logger: Logger = {
  trace() {},
  debug() {},
  info: (message, properties) => console.info(formatMessage(message, properties)),
  warn: (message, properties) => console.warn(formatMessage(message, properties)),
  error: (message, properties) => console.error(formatMessage(message, properties)),
};

const everTask = createEverTask({ storage: memoryStorage(), tasks: [greet], logger });
const done = new Promise((resolve) => everTask.events.subscribe(resolve, { kinds: ["completed"] }));
await everTask.start();
await everTask.dispatch(greet, { name: "Ada" });
await done;
await everTask.stop();

// pino as the logger: one line adapts it, since pino takes the properties first.

import { createEverTask, defineTask, type Logger, type LogProperties } from "@evertask/evertask";
import { memoryStorage } from "@evertask/evertask/memory";
import { pino } from "pino";

const greet = defineTask<{ who: string }>({
  type: "greet",
  handle({ who }, { log, taskId }) {
    log.info("Greeting {who}", { who, taskId }); // structured: pino writes who and taskId as fields of their own
  },
});

const root = pino({ name: "evertask" });
const write = (level: keyof Logger) => (message: string, properties: LogProperties = {}) =>
  root[level](properties, message);
const logger: Logger = {
  trace: write("trace"),
  debug: write("debug"),
  info: write("info"),
  warn: write("warn"),
  error: write("error"),
};

const everTask = createEverTask({ storage: memoryStorage(), tasks: [greet], logger });
const done = new Promise((resolve) => everTask.events.subscribe(resolve, { kinds: ["completed"] }));
await everTask.start();
await everTask.dispatch(greet, { who: "Ada" });
await done;
await everTask.stop();

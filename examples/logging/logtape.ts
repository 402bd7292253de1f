// LogTape as the logger: it fits as it is. Console and a rolling file (one a day), as a JSON file says.

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getTimeRotatingFileSink } from "@logtape/file";
import {
  configure,
  dispose,
  getConsoleSink,
  getLogger,
  type LogLevel,
  type Sink,
} from "@logtape/logtape";
import { createEverTask, defineTask } from "@evertask/evertask";
import { memoryStorage } from "@evertask/evertask/memory";

/** What logtape.json may say. */
interface LogConfig {
  readonly lowestLevel: LogLevel;
  readonly console?: boolean;
  readonly file?: {
    readonly directory: string;
    readonly interval: "hourly" | "daily" | "weekly";
    readonly keepDays: number;
  };
}

const config: LogConfig = JSON.parse(
  await readFile(new URL("logtape.json", import.meta.url), "utf8"),
);
const folder = await mkdtemp(join(tmpdir(), "evertask-logs-")); // the example leaves nothing behind

const sinks: Record<string, Sink> = {};
if (config.console) sinks.console = getConsoleSink();
if (config.file) {
  const { directory, interval, keepDays } = config.file;
  sinks.file = getTimeRotatingFileSink({
    directory: join(folder, directory),
    interval,
    maxAgeMs: keepDays * 86_400_000,
  });
}
const names = Object.keys(sinks);
await configure({
  sinks,
  loggers: [
    { category: "evertask", lowestLevel: config.lowestLevel, sinks: names },
    { category: ["logtape", "meta"], lowestLevel: "warning", sinks: names },
  ],
});

const greet = defineTask<{ name: string }>({
  type: "greet",
  handle({ name }, { log }) {
    log.info("Greeting {name}", { name });
  },
});

const everTask = createEverTask({
  storage: memoryStorage(),
  tasks: [greet],
  logger: getLogger("evertask"),
});
const done = new Promise((resolve) => everTask.events.subscribe(resolve, { kinds: ["completed"] }));
await everTask.start();
await everTask.dispatch(greet, { name: "Ada" });
await done;
await everTask.stop();

await dispose();
for (const file of await readdir(join(folder, "logs"))) {
  console.log(`${file}: ${await readFile(join(folder, "logs", file), "utf8")}`);
}
await rm(folder, { recursive: true });

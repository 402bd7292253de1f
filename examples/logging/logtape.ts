// Logging configured by a JSON file: the minimum level, overrides by category, the console, a daily
// file, and Seq. Pass another file as the argument.

import { readFile } from "node:fs/promises";
import process from "node:process";
import { dispose, getLogger } from "@logtape/logtape";
import { createEverTask, defineTask, noRetry } from "@evertask/evertask";
import { memoryStorage } from "@evertask/evertask/memory";
import { configureLogging } from "./support/configure_logging.ts";

const file = process.argv[2] ?? new URL("logging.json", import.meta.url);
const { logging } = JSON.parse(await readFile(file, "utf8"));
await configureLogging(logging);

const greet = defineTask<{ who: string }>({
  type: "greet",
  handle({ who }, { log }) {
    log.debug("Looking {who} up", { who });
    log.info("Greeting {who}", { who });
  },
});

const importFile = defineTask<{ path: string }>({
  type: "import-file",
  retry: noRetry(),
  handle({ path }, { log }) {
    log.debug("Opening {path}", { path });
    throw new RangeError(`${path} is empty`);
  },
});

const everTask = createEverTask({
  storage: memoryStorage(),
  tasks: [greet, importFile],
  logger: (category) => getLogger(["evertask", ...category.split(".")]),
});
let left = 2;
const ended = new Promise<void>((resolve) => {
  everTask.events.subscribe(() => void (--left === 0 && resolve()), {
    kinds: ["completed", "failed"],
  });
});
await everTask.start();
await everTask.dispatch(greet, { who: "Ada" });
await everTask.dispatch(importFile, { path: "orders.csv" }, { taskKey: "orders" });
await ended;
await everTask.stop();
await dispose(); // writes the remaining lines

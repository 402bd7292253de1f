// Persistent logging: the log lines of a handler are stored with its task, even if it fails, and
// read back page by page.

import { createEverTask, defineTask, linearRetry, silentLogger } from "@evertask/evertask";
import { memoryStorage } from "@evertask/evertask/memory";

const importRows = defineTask<{ rows: number }>({
  type: "import-rows",
  retry: linearRetry(1, 10),
  handle({ rows }, { log, attempt }) {
    for (let row = 1; row <= rows; row++) log.info("Row {row} of {rows}", { row, rows });
    if (attempt === 1) throw new Error("The last row was damaged.");
  },
});

const everTask = createEverTask({
  storage: memoryStorage(),
  tasks: [importRows],
  logger: silentLogger,
  persistentLogs: { minimumLevel: "Information", maxLinesPerRun: 7 },
});
const done = new Promise((resolve) => everTask.events.subscribe(resolve, { kinds: ["completed"] }));
await everTask.start();
const { id } = await everTask.dispatch(importRows, { rows: 5 });
await done;

let after: string | undefined;
do {
  const page = await everTask.executionLogs(id, { limit: 3, ...(after && { after }) });
  for (const { sequence, level, message } of page.items) console.log(sequence, level, message);
  after = page.next ?? undefined;
} while (after !== undefined);
await everTask.stop();

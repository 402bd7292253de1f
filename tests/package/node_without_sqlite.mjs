// Checks in a Node without node:sqlite that the core and the memory store work, and that the error
// of the SQLite driver names the version that it needs.
//
// npm_package.ts copies this file into a project where the package is installed.

import assert from "node:assert/strict";
import { createEverTask, defineTask } from "@evertask/evertask";
import { memoryStorage } from "@evertask/evertask/memory";
import { sqliteStorage } from "@evertask/evertask/sqlite";

let done = () => {};
const ran = new Promise((resolve) => done = resolve);
const task = defineTask({ type: "task", handle: done });
const everTask = createEverTask({ storage: memoryStorage(), tasks: [task] });
await everTask.start();
await everTask.dispatch(task, "a payload");
assert.equal(await ran, "a payload");
await everTask.stop();

await assert.rejects(sqliteStorage(":memory:").open(), {
  name: "StorageError",
  message: /node:sqlite.*Node 22\.13 or later/,
});

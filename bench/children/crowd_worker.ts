// A worker process that measures its claims: crowd_worker.ts STORE ADDRESS
//
// Writes "ready" once it can claim. When its input ends, it stops and writes the durations of its
// claims, in milliseconds.

import { createEverTask, defineTask, silentLogger } from "@evertask/evertask";
import { askedToEnd, tell } from "../support/child_process.ts";
import { databaseAt } from "../support/open_storage.ts";

const [store = "", address = ""] = Deno.args;
const database = await databaseAt(store, address);
const storage = database.storage();
const claims: number[] = [];
const claim = storage.claim.bind(storage);
storage.claim = async (request) => {
  const sentAt = performance.now();
  const result = await claim(request);
  claims.push(performance.now() - sentAt);
  return result;
};
const everTask = createEverTask({
  storage,
  tasks: [defineTask<unknown>({ type: "counted", handle() {} })],
  logger: silentLogger,
});
await everTask.start();
tell("ready");
await askedToEnd();
await everTask.stop();
tell(claims);

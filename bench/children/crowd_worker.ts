// A worker process that measures its claims: crowd_worker.ts STORE ADDRESS
//
// Writes "ready" once it can claim. When its input ends, it stops and writes the durations of its
// claims, and of transactions that only wait for their commit, in milliseconds.

import { createEverTask, defineTask, silentLogger } from "@evertask/evertask";
import { askedToEnd, tell } from "../support/child_process.ts";
import { databaseAt } from "../support/open_storage.ts";
import { PostgresSession } from "../support/postgres_session.ts";

const [store = "", address = ""] = Deno.args;
const database = await databaseAt(store, address);
const storage = database.storage();
await using session = new PostgresSession(address);
const [claims, nothing]: [number[], number[]] = [[], []];
let measuring: Promise<void> | null = null;

/** Measures what a transaction takes at this time that does nothing but wait for its commit. */
async function measureNothing(): Promise<void> {
  const sentAt = performance.now();
  await session.sql`SELECT pg_logical_emit_message(true, '', '')`;
  nothing.push(performance.now() - sentAt);
}

const claim = storage.claim.bind(storage);
storage.claim = async (request) => {
  const sentAt = performance.now();
  const result = await claim(request);
  claims.push(performance.now() - sentAt);
  // Not while idle, when the statements of the process are counted.
  if (result.tasks.length > 0) measuring ??= measureNothing().finally(() => measuring = null);
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
await measuring;
tell({ claims, nothing });

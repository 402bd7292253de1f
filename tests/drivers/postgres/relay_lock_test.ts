// A lock on the tables of the event relay, as a maintenance program may hold it.

import { assertEquals } from "@std/assert";
import { startPostgres } from "../../support/pg_server.ts";
import { connect, openStorage } from "./support.ts";

const server = await startPostgres();
Deno.test.afterAll(() => server.stop());

Deno.test("a heartbeat does not wait for locked watchers, and tells that it does not know them", async () => {
  const url = await server.createDatabase();
  await using storage = await openStorage({ url });
  await storage.registerWorker({ id: "w", host: "test" });
  await storage.watchEvents({ id: "watcher", parameters: false, forMs: 60_000 });
  const heartbeat = async () => {
    const { alive, watchers } = await storage.heartbeat("w", 60_000);
    return { alive, watchers };
  };
  const known = { alive: true, watchers: [{ id: "watcher", parameters: false }] };
  assertEquals(await heartbeat(), known);
  await using admin = connect(url);
  await admin.begin(async (transaction) => {
    await transaction`LOCK TABLE evertask.event_watchers IN ACCESS EXCLUSIVE MODE`;
    assertEquals(await heartbeat(), { alive: true, watchers: null });
  });
  assertEquals(await heartbeat(), known);
});

// Whose events a hub sends, and whether with payloads.

import { assertEquals } from "@std/assert";
import { HttpTransportType } from "@microsoft/signalr";
import { createEverTask, defineTask, silentLogger, type TaskEvent } from "../../../mod.ts";
import { MemoryDatabase, memoryStorage } from "../../../drivers/memory/mod.ts";
import { createMonitorHub, type MonitorHubOptions } from "../../../src/monitor/mod.ts";
import { connectStockClient } from "../support/stock_client.ts";
import { until } from "../../support/until.ts";

const mail = defineTask<string>({ type: "mail", handle: () => {} });

/**
 * Returns the events that a hub in a process without a worker sends about a task that another
 * process runs.
 */
async function sentBy(options: MonitorHubOptions): Promise<TaskEvent[]> {
  const database = new MemoryDatabase();
  const make = () =>
    createEverTask({
      storage: memoryStorage({ database }),
      tasks: [mail],
      host: "here",
      logger: silentLogger,
    });
  await using worker = make();
  await using web = make();
  await worker.start();
  const hub = createMonitorHub(web, { logger: silentLogger, ...options });
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, hub.fetch);
  const url = `http://127.0.0.1:${server.addr.port}${hub.path}`;
  await using client = connectStockClient(url, HttpTransportType.ServerSentEvents);
  const { connection, received } = client;
  await connection.start();
  // The worker's process shares its events once it knows that the hub's process watches.
  let looks = 0;
  const showsEvents = async () => {
    if (looks++ % 50 === 0) await web.dispatch(mail, "first");
    return received.some(({ from }) => from !== undefined);
  };
  if (options.scope !== "process") await until(showsEvents, "the worker's process shares events");
  const { id } = await web.dispatch(mail, "secret");
  const count = options.scope === "process" ? 1 : 3;
  const seen = () => received.filter(({ taskId }) => taskId === id);
  await until(() => seen().length === count, "the events are sent");
  await connection.stop();
  await until(() => hub.clientCount === 0, "the hub has noticed");
  hub.close();
  return seen();
}

Deno.test("a hub sends the events of all processes, unless it is limited to its own", async () => {
  const all = await sentBy({});
  assertEquals(
    all.map(({ kind, from, taskParameters }) => [kind, from?.host, taskParameters]),
    [["dispatched", undefined, '"secret"'], ["started", "here", '"secret"'], [
      "completed",
      "here",
      '"secret"',
    ]],
  );
  const own = await sentBy({ scope: "process" });
  assertEquals(own.map(({ kind, taskParameters }) => [kind, taskParameters]), [
    ["dispatched", '"secret"'],
  ]);
});

Deno.test("a hub may send events without payloads", async () => {
  const told = await sentBy({ parameters: false });
  assertEquals(told.map(({ taskParameters }) => taskParameters), ["", "", ""]);
});

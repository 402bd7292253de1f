// Shows tasks live on a web page with the standard SignalR client, served together with the hub.
// Without arguments, the example connects a client, prints its events and ends. With `--stay`, it
// serves the page until it is stopped:
//
//   deno run -A live_hub.ts --stay [port]
//
// needs: deno

import { HubConnectionBuilder, LogLevel } from "@microsoft/signalr";
import { createRequire } from "node:module";
import { createEverTask, type TaskEvent } from "@evertask/evertask";
import { memoryStorage } from "@evertask/evertask/memory";
import { createMonitorHub } from "@evertask/evertask/monitor";
import { buildReport, chargeCard, sendReceipt, tasks } from "./support/shop.ts";

const everTask = createEverTask({ storage: memoryStorage(), tasks, queues: { email: {} } });
const hub = createMonitorHub(everTask, { upgrade: Deno.upgradeWebSocket });

const page = await Deno.readTextFile(new URL("./live_hub.html", import.meta.url));
// The client's script for browsers, from the npm package. Your own page may load it from anywhere.
const signalr = await Deno.readTextFile(
  createRequire(import.meta.url).resolve("@microsoft/signalr/dist/browser/signalr.min.js"),
);

let order = 0;
async function dispatchSomeTasks(): Promise<void> {
  for (let receipt = 0; receipt < 3; receipt++) {
    await everTask.dispatch(sendReceipt, { order: ++order });
  }
  await everTask.dispatch(chargeCard, { order });
  await everTask.dispatch(buildReport);
}

const stays = Deno.args[0] === "--stay";
const port = Number(Deno.args[1] ?? 0);
const server = Deno.serve({ port, hostname: "127.0.0.1", onListen() {} }, async (request) => {
  const { pathname } = new URL(request.url);
  if (pathname === "/") {
    return new Response(page, { headers: { "content-type": "text/html; charset=utf-8" } });
  }
  if (pathname === "/signalr.min.js") {
    return new Response(signalr, { headers: { "content-type": "text/javascript" } });
  }
  if (pathname === "/tasks" && request.method === "POST") {
    await dispatchSomeTasks();
    return new Response(null, { status: 204 });
  }
  return await hub.fetch(request);
});
const url = `http://127.0.0.1:${server.addr.port}`;
await everTask.start();
console.log(url);

if (!stays) {
  const connection = new HubConnectionBuilder()
    .withUrl(`${url}${hub.path}`)
    .withAutomaticReconnect()
    .configureLogging(LogLevel.Warning)
    .build();
  const ended = new Promise<void>((resolve) => {
    let ends = 0;
    connection.on("TaskEvent", ({ severity, taskType, kind, message }: TaskEvent) => {
      console.log(`${severity}: ${taskType} - ${message}`);
      if ((kind === "completed" || kind === "failed") && ++ends === 5) resolve();
    });
  });
  await connection.start();
  await dispatchSomeTasks();
  await ended;
  await connection.stop();
  hub.close();
  await server.shutdown();
  await everTask.stop();
}

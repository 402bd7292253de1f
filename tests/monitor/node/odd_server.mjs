// Serves a hub without a token on Node's http server, beside handlers that fail in every way.
// Writes its port to stdout. Exits with code 0 when stdin closes. An uncaught error ends it
// earlier, with another code.

import { createServer } from "node:http";
import { createMonitorHub, nodeListener, nodeWebSockets } from "@evertask/evertask/monitor";
import { WebSocketServer } from "ws";

const say = (line) => console.log(JSON.stringify(line));
const log = () => {};
const logger = { trace: log, debug: log, info: log, warn: log, error: log };

const server = createServer();
const webSockets = nodeWebSockets(new WebSocketServer({ noServer: true }), { logger });
const events = { subscribe: () => () => {} };
const hub = createMonitorHub({ events }, { upgrade: webSockets.upgrade, logger });

function streamOf(pull) {
  return new Response(new ReadableStream({ pull }));
}

const handlers = {
  "/throws": () => {
    throw new Error("as it must");
  },
  "/throws-nothing": () => Promise.reject(),
  "/nothing": () => undefined,
  "/network-error": () => Response.error(),
  "/used": async () => {
    const response = new Response("used");
    await response.text();
    return response;
  },
  "/locked": () => {
    const response = new Response("locked");
    response.body.getReader();
    return response;
  },
  "/breaks-off": () => streamOf((controller) => controller.error(new Error("as it must"))),
  "/throws-late": () =>
    streamOf(() => {
      throw undefined;
    }),
  "/echoes": async (request) => new Response(await request.text()),
  "/endless": () => streamOf((controller) => controller.enqueue(new Uint8Array(65_536))),
  "/silent": () => streamOf(() => new Promise(() => {})),
};

function handle(request) {
  const { pathname } = new URL(request.url);
  return (handlers[pathname] ?? hub.fetch)(request);
}

server.on("request", nodeListener(handle, { logger }));
server.on("upgrade", webSockets.upgradeListener(handle));
server.listen(0, "127.0.0.1", () => say({ port: server.address().port }));
process.stdin.resume().on("end", () => {
  hub.close();
  server.close();
  server.closeAllConnections();
  process.exit(0);
});

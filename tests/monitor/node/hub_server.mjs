// The hub in Node's own http server, with WebSockets by `ws`. Writes its port. POST /emit sends the
// event in the body to the clients, and responds with their number. Ends when its input is closed.

import { createServer } from "node:http";
import { createMonitorHub, nodeListener, nodeWebSockets } from "@evertask/evertask/monitor";
import { WebSocketServer } from "ws";

const subscribers = new Set();
const events = {
  subscribe(handler) {
    subscribers.add(handler);
    return () => subscribers.delete(handler);
  },
};

const webSockets = nodeWebSockets(new WebSocketServer({ noServer: true }));
const hub = createMonitorHub({ events }, {
  upgrade: webSockets.upgrade,
  accessToken: "a-token-that-nobody-guesses",
});

async function handle(request) {
  const { pathname } = new URL(request.url);
  if (pathname === "/fail") throw new Error("as it must");
  if (pathname !== "/emit") return hub.fetch(request);
  const event = await request.json();
  for (const subscriber of subscribers) subscriber(event);
  return Response.json({ clients: hub.clientCount });
}

const server = createServer(nodeListener(handle));
server.on("upgrade", webSockets.upgradeListener(handle));
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify(server.address())));
process.stdin.resume().on("end", () => {
  hub.close();
  server.close();
  server.closeAllConnections();
});

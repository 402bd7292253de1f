// Sends requests to a handler in Node's HTTP/2 server over one connection, and writes each response
// as a line of JSON.

import { connect, createServer } from "node:http2";
import { nodeListener } from "@evertask/evertask/monitor";

const log = () => {};
const logger = { trace: log, debug: log, info: log, warn: log, error: log };

async function handle(request) {
  const { pathname } = new URL(request.url);
  if (pathname === "/throws") throw new Error("as it must");
  if (pathname === "/connection") return new Response("", { headers: { connection: "close" } });
  return Response.json({ url: request.url, method: request.method, body: await request.text() });
}

const server = createServer(nodeListener(handle, { logger }));
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const client = connect(`http://127.0.0.1:${server.address().port}`);

async function ask(headers, body) {
  const stream = client.request({ ":authority": "hub.example", ...headers });
  let status = null;
  stream.on("response", (answered) => status = answered[":status"]);
  if (body) stream.end(body);
  let text = "";
  for await (const chunk of stream) text += chunk;
  console.log(JSON.stringify({ status, text }));
}

for (const [headers, body] of JSON.parse(process.argv[2])) await ask(headers, body);
// A request that is still incomplete when the client disconnects.
client.request({ ":method": "POST", ":path": "/" }).on("error", () => {}).write("half");
await ask({ ":path": "/last" });
client.destroy();
server.close();

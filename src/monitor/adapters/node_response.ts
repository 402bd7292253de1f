// Sends standard responses with Node: to a request, or over the raw socket of an `upgrade` event.

import type { NodeResponse, NodeSink, NodeSocket } from "./node_types.ts";

/** The response to an invalid request. */
export function badRequest(): Response {
  return new Response("This cannot be understood as a request.", { status: 400 });
}

/** Sends a response, no faster than the client reads. */
export async function sendResponse(
  response: Response,
  nodeResponse: NodeResponse,
  signal: AbortSignal,
): Promise<void> {
  const cookies = response.headers.getSetCookie();
  nodeResponse.writeHead(response.status, {
    ...Object.fromEntries(headersOf(response)),
    ...(cookies.length > 0 ? { "set-cookie": cookies } : {}),
  });
  nodeResponse.flushHeaders();
  if (response.body) await sendBody(response.body, nodeResponse, signal);
  nodeResponse.end();
}

/** Sends a response over a socket that no server handles any more, and closes it. */
export async function sendOverSocket(
  response: Response,
  socket: NodeSocket,
  signal: AbortSignal,
): Promise<void> {
  // Without a reader, a socket does not report that its client has disconnected.
  socket.on("end", () => socket.destroy());
  socket.resume();
  const lines = [`HTTP/1.1 ${response.status} ${response.statusText || "Refused"}`];
  for (const [name, value] of headersOf(response)) lines.push(`${name}: ${value}`);
  socket.write(new TextEncoder().encode([...lines, "connection: close", "", ""].join("\r\n")));
  if (response.body) await sendBody(response.body, socket, signal);
  // Otherwise a client that keeps its side open would keep the socket open.
  socket.end(() => socket.destroy());
}

/** Returns the headers of a response except those about the connection, which the server sets. */
function headersOf(response: Response): [string, string][] {
  return [...response.headers].filter(([name]) => !ofConnection.includes(name));
}

const ofConnection = ["connection", "keep-alive", "transfer-encoding", "upgrade"];

/** Writes a body, and cancels the stream if the client disconnects. */
async function sendBody(
  body: ReadableStream<Uint8Array>,
  sink: NodeSink,
  signal: AbortSignal,
): Promise<void> {
  const reader = body.getReader();
  const cancel = (): void => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", cancel);
  if (signal.aborted) cancel();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    if (!sink.write(next.value) && !signal.aborted) await drained(sink);
  }
}

/** Resolves when the sink accepts more data or has closed. */
function drained(sink: NodeSink): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      sink.off("drain", done);
      sink.off("close", done);
      resolve();
    };
    sink.on("drain", done);
    sink.on("close", done);
  });
}

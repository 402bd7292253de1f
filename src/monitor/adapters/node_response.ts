// Sends standard responses by Node's means: as the answer to a request, and over the bare socket of
// an `upgrade` event.

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

/** Sends a response over a socket that no server looks after any more, and closes it. */
export async function sendOverSocket(
  response: Response,
  socket: NodeSocket,
  signal: AbortSignal,
): Promise<void> {
  // Without a reader, a socket does not report that its client has gone.
  socket.on("end", () => socket.destroy());
  socket.resume();
  const lines = [`HTTP/1.1 ${response.status} ${response.statusText || "Refused"}`];
  for (const [name, value] of headersOf(response)) lines.push(`${name}: ${value}`);
  socket.write(new TextEncoder().encode([...lines, "connection: close", "", ""].join("\r\n")));
  if (response.body) await sendBody(response.body, socket, signal);
  // Without that, a client that keeps its side open would keep the socket.
  socket.end(() => socket.destroy());
}

/**
 * The headers, without those that are about the connection and not about the response: they are the
 * server's.
 */
function headersOf(response: Response): [string, string][] {
  return [...response.headers].filter(([name]) => !ofConnection.includes(name));
}

const ofConnection = ["connection", "keep-alive", "transfer-encoding", "upgrade"];

/** Writes a body, and lets the stream know when the client has gone. */
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

/** Resolves once the sink takes more, or has closed. */
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

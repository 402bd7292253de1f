// Mounts a fetch handler in Node's own http server (and so in Express, Fastify, Koa), with WebSockets by npm's `ws`. It
// takes their objects by their shape and imports nothing, so that it stays part of the portable core.

import { checkMethods } from "../../argument_checks.ts";
import { InvalidArgumentError } from "../../errors.ts";
import { isInstance } from "../../thrown/reading.ts";
import type { HubSocket } from "../hub/web_socket_transport.ts";

/** The part of `http.IncomingMessage` that is used. */
export interface NodeRequest extends AsyncIterable<Uint8Array> {
  /** The HTTP method. */
  readonly method?: string | undefined;
  /** Path and query. */
  readonly url?: string | undefined;
  /** The headers, in lower case. */
  readonly headers: { readonly [name: string]: string | string[] | undefined };
  /** The connection; one with TLS is marked `encrypted`. */
  readonly socket: object;
}

/** The part of `http.ServerResponse` that is used. */
export interface NodeResponse {
  /** Whether all has been handed to the network. */
  readonly writableFinished: boolean;
  /** Whether status and headers are on their way. */
  readonly headersSent: boolean;
  /** Sets status and headers. */
  writeHead(status: number, headers: Record<string, string | string[]>): unknown;
  /** Sends them. */
  flushHeaders(): void;
  /** Sends a part of the body; false when it had to be buffered. */
  write(chunk: Uint8Array): boolean;
  /** Ends the response. */
  end(): unknown;
  /** Cuts the connection off. */
  destroy(error?: Error): unknown;
  /** Listens. */
  on(event: "close" | "drain", listener: () => void): unknown;
  /** Listens no longer. */
  off(event: "close" | "drain", listener: () => void): unknown;
}

/** The part of the socket of an `upgrade` event that is used. */
export interface NodeSocket {
  /** Sends a last text and ends the connection. */
  end(text: string): unknown;
  /** Cuts the connection off. */
  destroy(): unknown;
  /** Listens. */
  on(event: "error", listener: (error: Error) => void): unknown;
}

/** The part of a `WebSocketServer` of `ws` that is used; make it with `new WebSocketServer({ noServer: true })`. */
export interface NodeWebSocketServer<Request, Socket, Head> {
  /** Does the handshake, and calls back with the WebSocket before it returns. */
  handleUpgrade(
    request: Request,
    socket: Socket,
    head: Head,
    accepted: (webSocket: HubSocket) => void,
  ): void;
}

/** Answers requests: a hub's `fetch`, or a router's. */
export type FetchHandler = (request: Request) => Response | Promise<Response>;

/**
 * Makes a listener for the `request` event of a Node server.
 *
 * @throws {InvalidArgumentError} If the handler is no function.
 *
 * @example
 * ```ts ignore
 * import { createServer } from "node:http";
 * import { createMonitorHub, nodeListener } from "@evertask/evertask/monitor";
 *
 * const hub = createMonitorHub(everTask);
 * createServer(nodeListener(hub.fetch)).listen(8080);
 * ```
 */
export function nodeListener(
  handler: FetchHandler,
): (request: NodeRequest, response: NodeResponse) => Promise<void> {
  checkHandler(handler);
  return async (nodeRequest, nodeResponse) => {
    const abort = new AbortController();
    nodeResponse.on("close", () => {
      if (!nodeResponse.writableFinished) abort.abort();
    });
    try {
      const response = await handler(toRequest(nodeRequest, abort.signal));
      nodeResponse.writeHead(response.status, headersOf(response));
      nodeResponse.flushHeaders();
      if (response.body) await writeBody(response.body, nodeResponse, abort.signal);
      nodeResponse.end();
    } catch (error) {
      if (nodeResponse.headersSent) {
        nodeResponse.destroy(isInstance(error, Error) ? error : undefined);
      } else {
        nodeResponse.writeHead(500, {});
        nodeResponse.end();
      }
    }
  };
}

/** WebSockets in a Node server: what {@linkcode nodeWebSockets} makes. */
export interface NodeWebSockets<Request, Socket, Head> {
  /** The hub's option of the same name. */
  readonly upgrade: (
    request: globalThis.Request,
  ) => { readonly socket: HubSocket; readonly response: Response };
  /**
   * Makes a listener for the `upgrade` event of a Node server. It answers every request for a WebSocket: with others on the
   * same server, call it for the hub's path only.
   */
  readonly upgradeListener: (
    handler: FetchHandler,
  ) => (request: Request, socket: Socket, head: Head) => Promise<void>;
}

/**
 * Joins a `WebSocketServer` of `ws` to a fetch handler.
 *
 * @param server Made with `new WebSocketServer({ noServer: true })`.
 * @throws {InvalidArgumentError} If it is no such server.
 *
 * @example
 * ```ts ignore
 * import { createServer } from "node:http";
 * import { WebSocketServer } from "ws";
 * import { createMonitorHub, nodeListener, nodeWebSockets } from "@evertask/evertask/monitor";
 *
 * const webSockets = nodeWebSockets(new WebSocketServer({ noServer: true }));
 * const hub = createMonitorHub(everTask, { upgrade: webSockets.upgrade });
 * const server = createServer(nodeListener(hub.fetch));
 * server.on("upgrade", webSockets.upgradeListener(hub.fetch));
 * server.listen(8080);
 * ```
 */
export function nodeWebSockets<
  Request extends NodeRequest,
  Socket extends NodeSocket,
  Head,
>(server: NodeWebSocketServer<Request, Socket, Head>): NodeWebSockets<Request, Socket, Head> {
  const remedy = "be a WebSocketServer of ws, made with { noServer: true }";
  checkMethods(server, ["handleUpgrade"], "server", remedy);
  const upgrades = new WeakMap<globalThis.Request, () => HubSocket>();
  return {
    upgrade(request) {
      const accept = upgrades.get(request);
      if (!accept) throw new TypeError("The request did not come through upgradeListener.");
      upgrades.delete(request);
      return { socket: accept(), response: new Response(null) };
    },
    upgradeListener: (handler) => {
      checkHandler(handler);
      return async (nodeRequest, nodeSocket, head) => {
        nodeSocket.on("error", () => nodeSocket.destroy());
        const request = toRequest(nodeRequest, new AbortController().signal);
        upgrades.set(request, () => {
          const accepted: HubSocket[] = [];
          server.handleUpgrade(nodeRequest, nodeSocket, head, (socket) => accepted.push(socket));
          const [socket] = accepted;
          if (!socket) throw new TypeError("The WebSocket handshake was refused.");
          return socket;
        });
        try {
          const response = await handler(request);
          if (upgrades.has(request)) nodeSocket.end(await refusal(response));
        } catch {
          nodeSocket.destroy();
        }
      };
    },
  };
}

function checkHandler(handler: unknown): void {
  if (typeof handler === "function") return;
  const remedy = "be a function from Request to Response, such as a hub's fetch";
  throw new InvalidArgumentError("handler", handler, remedy);
}

function toRequest(nodeRequest: NodeRequest, signal: AbortSignal): Request {
  const { method = "GET", headers: nodeHeaders, socket } = nodeRequest;
  // Express takes the mount path off `url`, and keeps the whole one here.
  const original = "originalUrl" in nodeRequest ? String(nodeRequest.originalUrl) : undefined;
  const scheme = "encrypted" in socket && socket.encrypted ? "https" : "http";
  const host = nodeHeaders.host ?? nodeHeaders[":authority"] ?? "localhost";
  const headers = new Headers();
  for (const [name, value] of Object.entries(nodeHeaders)) {
    if (name.startsWith(":")) continue; // what HTTP/2 has in place of the request line
    for (const one of [value ?? []].flat()) headers.append(name, one);
  }
  const hasBody = method !== "GET" && method !== "HEAD";
  return new Request(new URL(original ?? nodeRequest.url ?? "/", `${scheme}://${host}`), {
    method,
    headers,
    signal,
    // A streamed body has to say so (https://fetch.spec.whatwg.org/#dom-requestinit-duplex).
    ...(hasBody ? { body: ReadableStream.from(nodeRequest), duplex: "half" } : {}),
  } as RequestInit);
}

function headersOf(response: Response): Record<string, string | string[]> {
  const cookies = response.headers.getSetCookie();
  return {
    ...Object.fromEntries(response.headers),
    ...(cookies.length > 0 ? { "set-cookie": cookies } : {}),
  };
}

/** Writes no faster than the client reads, and lets the stream know when the client has gone. */
async function writeBody(
  body: ReadableStream<Uint8Array>,
  nodeResponse: NodeResponse,
  signal: AbortSignal,
): Promise<void> {
  const reader = body.getReader();
  const cancel = (): void => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", cancel);
  if (signal.aborted) cancel();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    if (!nodeResponse.write(next.value)) await drained(nodeResponse);
  }
}

function drained(nodeResponse: NodeResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      nodeResponse.off("drain", done);
      nodeResponse.off("close", done);
      resolve();
    };
    nodeResponse.on("drain", done);
    nodeResponse.on("close", done);
  });
}

async function refusal(response: Response): Promise<string> {
  const body = await response.text();
  const lines = [`HTTP/1.1 ${response.status} ${response.statusText || "Refused"}`];
  for (const [name, value] of response.headers) lines.push(`${name}: ${value}`);
  lines.push(`content-length: ${new TextEncoder().encode(body).length}`, "connection: close");
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

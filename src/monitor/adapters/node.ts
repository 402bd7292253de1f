// Mounts a fetch handler in Node's http server (and therefore in Express, Fastify and Koa), with
// WebSockets by npm's `ws`. The listeners never throw or reject, because Node would end the
// process.

import { guardLogger } from "../../log/guarded_logger.ts";
import { checkMethods, checkOptions } from "../../guards/argument_checks.ts";
import { InvalidArgumentError } from "../../guards/errors.ts";
import { checkLogger, consoleLogger, type Logger } from "../../log/logger.ts";
import type { UpgradedWebSocket } from "../hub/hub_options.ts";
import type { HubSocket } from "../hub/web_socket_transport.ts";
import { toRequest } from "./node_request.ts";
import { badRequest, sendOverSocket, sendResponse } from "./node_response.ts";
import type { NodeRequest, NodeResponse, NodeSocket, NodeWebSocketServer } from "./node_types.ts";

/**
 * A handler of requests, such as the `fetch` of a hub or a router. The adapters pass the server's
 * data about the connection as `{ incoming }`, as `@hono/node-server` does.
 */
export type FetchHandler = (
  request: Request,
  connection?: { readonly incoming: NodeRequest },
) => Response | Promise<Response>;

type AnyHandler = (request: Request) => Response | Promise<Response>;

/** Options of {@linkcode nodeListener} and {@linkcode nodeWebSockets}. */
export interface NodeAdapterOptions {
  /**
   * Logs the errors of handlers; the client gets status 500.
   * @default consoleLogger
   */
  readonly logger?: Logger;
}

/**
 * Creates a listener for the `request` event of a Node server. Answers invalid requests with 400,
 * without calling the handler.
 *
 * @throws {InvalidArgumentError} If the handler is not a function, or an option is invalid.
 *
 * @example
 * ```ts ignore
 * import { createServer } from "node:http";
 * import { createMonitorHub, nodeListener } from "@evertask/evertask/monitor";
 *
 * const hub = createMonitorHub(everTask);
 * createServer(nodeListener(hub.fetch)).listen(8080, "127.0.0.1");
 * ```
 */
export function nodeListener(
  handler: FetchHandler,
  options: NodeAdapterOptions = {},
): (request: NodeRequest, response: NodeResponse) => Promise<void> {
  checkHandler(handler);
  const logger = loggerOf(options);
  return async (nodeRequest, nodeResponse) => {
    const abort = new AbortController();
    nodeResponse.on("error", () => nodeResponse.destroy());
    nodeResponse.on("close", () => {
      if (!nodeResponse.writableFinished) abort.abort();
    });
    const request = toRequest(nodeRequest, abort);
    const ask: AnyHandler = (request) => handler(request, { incoming: nodeRequest });
    const response = await answer(ask, request, logger, abort.signal);
    try {
      await sendResponse(response, nodeResponse, abort.signal);
    } catch (error) {
      if (!abort.signal.aborted) tell(logger, error);
      nodeResponse.destroy();
    }
  };
}

/** WebSockets in a Node server, created by {@linkcode nodeWebSockets}. */
export interface NodeWebSockets<Request, Socket, Head> {
  /** The function for the hub's option `upgrade`. */
  readonly upgrade: (request: globalThis.Request) => UpgradedWebSocket;
  /**
   * Creates a listener for the `upgrade` event of a Node server. The listener answers every request
   * for a WebSocket. If the server has other WebSockets, call the listener only for the hub's path.
   */
  readonly upgradeListener: (
    handler: FetchHandler,
  ) => (request: Request, socket: Socket, head: Head) => Promise<void>;
}

/** The default message limit of `ws`, and the limit that a hub needs, in bytes. */
const [defaultMaxPayload, lowMaxPayload] = [104_857_600, 65_536];

/**
 * Connects a `WebSocketServer` of `ws` to a fetch handler.
 *
 * @param server Created by `new WebSocketServer({ noServer: true, maxPayload: 32768 })`, where
 * `maxPayload` is the hub's `maxMessageLength`. `ws` buffers a message until it is complete, so a
 * server without `maxPayload` (100 MiB by default) gets a limit of 64 KiB.
 * @throws {InvalidArgumentError} If `server` is not such a server or has no message limit, or an
 * option is invalid.
 *
 * @example
 * ```ts ignore
 * import { createServer } from "node:http";
 * import { WebSocketServer } from "ws";
 * import { createMonitorHub, nodeListener, nodeWebSockets } from "@evertask/evertask/monitor";
 *
 * const webSockets = nodeWebSockets(new WebSocketServer({ noServer: true, maxPayload: 32768 }));
 * const hub = createMonitorHub(everTask, { upgrade: webSockets.upgrade });
 * const server = createServer(nodeListener(hub.fetch));
 * server.on("upgrade", webSockets.upgradeListener(hub.fetch));
 * server.listen(8080, "127.0.0.1");
 * ```
 */
export function nodeWebSockets<
  Request extends NodeRequest,
  Socket extends NodeSocket,
  Head,
>(
  server: NodeWebSocketServer<Request, Socket, Head>,
  options: NodeAdapterOptions = {},
): NodeWebSockets<Request, Socket, Head> {
  const remedy = "be a WebSocketServer of ws, made with { noServer: true, maxPayload: 32768 }";
  checkMethods(server, ["handleUpgrade"], "server", remedy);
  limitMessages(server);
  const logger = loggerOf(options);
  const upgrades = new WeakMap<globalThis.Request, () => HubSocket | null>();
  return {
    upgrade(request) {
      const accept = upgrades.get(request);
      if (!accept) throw new TypeError("The request did not come through upgradeListener.");
      upgrades.delete(request);
      return { socket: accept(), response: new Response(null) };
    },
    upgradeListener: (handler) => {
      checkHandler(handler);
      return async (nodeRequest, socket, head) => {
        const abort = new AbortController();
        socket.on("error", () => socket.destroy());
        socket.on("close", () => abort.abort());
        const accept = () => {
          const accepted: HubSocket[] = [];
          server.handleUpgrade(nodeRequest, socket, head, (webSocket) => accepted.push(webSocket));
          return accepted[0] ?? null;
        };
        const request = nodeRequest.method === "GET" ? toRequest(nodeRequest, abort) : null;
        if (request !== null) upgrades.set(request, accept);
        const ask: AnyHandler = (request) => handler(request, { incoming: nodeRequest });
        const response = await answer(ask, request, logger, abort.signal);
        if (request !== null && !upgrades.has(request)) return; // `ws` has sent the response
        try {
          await sendOverSocket(response, socket, abort.signal);
        } catch (error) {
          if (!abort.signal.aborted) tell(logger, error);
          socket.destroy();
        }
      };
    },
  };
}

/**
 * Returns the handler's response, or an error response if there is no request or the handler
 * throws.
 */
async function answer(
  handler: AnyHandler,
  request: Request | null,
  logger: Logger,
  signal: AbortSignal,
): Promise<Response> {
  if (request === null) return badRequest();
  try {
    const response = await handler(request);
    if (response?.status >= 200 && !response.body?.locked) return response;
    throw new TypeError("The handler returned no response that can be sent.");
  } catch (error) {
    // If the client has disconnected, the handler also fails when it continues to read.
    if (!signal.aborted) tell(logger, error);
    return new Response(null, { status: 500 });
  }
}

function tell(logger: Logger, error: unknown): void {
  logger.error("A request could not be answered: {error}", { error });
}

/** Limits the messages that `ws` buffers to the size that a hub needs. */
function limitMessages({ options }: NodeWebSocketServer<never, never, never>): void {
  const maxPayload = options?.maxPayload;
  if (options === undefined || maxPayload === undefined) return;
  // ws also accepts other numbers, which mean no limit.
  if (!Number.isInteger(maxPayload) || maxPayload < 1 || maxPayload >= 2 ** 31) {
    const remedy = "be a number of bytes of at least 1 and below 2147483648";
    throw new InvalidArgumentError("server.options.maxPayload", maxPayload, remedy);
  }
  if (maxPayload === defaultMaxPayload) options.maxPayload = lowMaxPayload;
}

function loggerOf(options: NodeAdapterOptions): Logger {
  checkOptions(options, { logger: true }, "options");
  const { logger = consoleLogger } = options;
  checkLogger(logger, "logger");
  return guardLogger(logger);
}

function checkHandler(handler: unknown): void {
  if (typeof handler === "function") return;
  const remedy = "be a function from Request to Response, such as a hub's fetch";
  throw new InvalidArgumentError("handler", handler, remedy);
}

// The live hub: sends each task event to every connected SignalR client. Handles the requests of
// SignalR's transport protocols, and manages the connections. Subscribes to events only while there
// are clients.
// https://github.com/dotnet/aspnetcore/blob/main/src/SignalR/docs/specs/TransportProtocols.md

import type { AuthorizedUser } from "../../access/authorize.ts";
import { seenEvent } from "../../access/seen_texts.ts";
import { answerAtOnce } from "../../guards/calls.ts";
import type { TaskEvent } from "../../events/task_event.ts";
import { cutText } from "../../thrown/cut_text.ts";
import { checkOrigin, type EventOrigin } from "../monitored.ts";
import { unauthorized } from "../http/access_token.ts";
import { responseTo } from "../http/head_response.ts";
import { requestUrl } from "../http/host.ts";
import { readText } from "../http/read_text.ts";
import { EventStreamTransport } from "./event_stream_transport.ts";
import type { HubConnection } from "./hub_connection.ts";
import { HubConnections } from "./hub_connections.ts";
import { type HubSettings, hubSettings, type MonitorHubOptions } from "./hub_options.ts";
import { encodeRecord, messageType } from "./hub_protocol.ts";
import { LongPollingTransport } from "./long_polling_transport.ts";
import { isHandshake, WebSocketTransport } from "./web_socket_transport.ts";

/** A running hub. */
export interface MonitorHub {
  /** The URL path of the hub. The hub also answers `…/negotiate` below this path. */
  readonly path: string;
  /** The number of clients that receive events. */
  readonly clientCount: number;
  /**
   * Answers a request; responds 404 to requests that are not for the hub. Can be used without
   * `this`.
   */
  readonly fetch: (request: Request) => Promise<Response>;
  /**
   * Asks all clients to reconnect (to another process), ends their connections, and answers further
   * requests with 503.
   */
  close(): void;
}

/**
 * Creates a hub with SignalR's JSON protocol, for SignalR's standard clients: `@microsoft/signalr`,
 * .NET, Java, Python. They receive invocations of `TaskEvent` with the event as the only argument.
 *
 * @param everTask The instance whose events are sent.
 * @throws {InvalidArgumentError} If an option is invalid.
 *
 * @example In Deno
 * ```ts
 * import { createEverTask } from "@evertask/evertask";
 * import { memoryStorage } from "@evertask/evertask/memory";
 * import { createMonitorHub } from "@evertask/evertask/monitor";
 *
 * const everTask = createEverTask({ storage: memoryStorage(), tasks: [] });
 * const hub = createMonitorHub(everTask, { upgrade: Deno.upgradeWebSocket });
 * const server = Deno.serve({ port: 0 }, hub.fetch);
 *
 * hub.close();
 * await server.shutdown();
 * await everTask.stop();
 * ```
 */
export function createMonitorHub(
  everTask: EventOrigin,
  options: MonitorHubOptions = {},
): MonitorHub {
  checkOrigin(everTask);
  return new SignalRHub(hubSettings(everTask, options));
}

class SignalRHub implements MonitorHub {
  readonly #settings: HubSettings;
  readonly #connections: HubConnections;
  #unsubscribe: (() => void) | null = null;
  #closed = false;

  constructor(settings: HubSettings) {
    this.#settings = settings;
    this.#connections = new HubConnections(settings, {
      onClientCount: (count) => count > 0 ? this.#listen() : this.#rest(),
      onDropped: ({ id }, error) =>
        settings.logger.info("Monitoring client {id} was dropped: {error}", { id, error }),
    });
  }

  get path(): string {
    return this.#settings.path;
  }

  get clientCount(): number {
    return this.#connections.clientCount;
  }

  readonly fetch = async (request: Request): Promise<Response> => {
    try {
      return responseTo(request, await this.#answer(request));
    } catch (error) {
      // Functions of the application may throw: accessToken, upgrade.
      this.#settings.logger.error("The monitoring hub could not answer a request: {error}", {
        error,
      });
      return problem(500, "The hub failed to answer.");
    }
  };

  async #answer(request: Request): Promise<Response> {
    const { path, hosts, origins, admit } = this.#settings;
    const url = requestUrl(request);
    if (url === null) return problem(400, "The Host header is not a host.");
    const isNegotiation = url.pathname === `${path}/negotiate`;
    if (!isNegotiation && url.pathname !== (path || "/")) {
      return problem(404, "There is nothing here.");
    }
    if (!hosts.allows(request)) {
      return problem(403, "The hub does not answer for this host; see the option allowedHosts.");
    }
    if (!origins.allows(request)) {
      return problem(403, "Pages of this origin may not connect; see the option allowedOrigins.");
    }
    if (request.method === "OPTIONS") return origins.preflight(request);
    const user = await admit(request);
    const refusal = user === null ? unauthorized() : this.#refusalFor(user);
    if (user === null || refusal !== null) return origins.decorate(request, refusal!);
    if (isWebSocket(request) && !isNegotiation) return this.#acceptWebSocket(request, url, user);
    const response = isNegotiation
      ? this.#negotiate(request, url, user)
      : await this.#serveHttpTransport(request, url, user);
    return origins.decorate(request, response);
  }

  /** Returns the response to a user who gets no events; null if the user gets events. */
  #refusalFor({ can }: AuthorizedUser): Response | null {
    if (!can.includes("view")) return problem(403, "You may not see the events of tasks.");
    return this.#closed ? problem(503, "The hub is closed.") : null;
  }

  close(): void {
    this.#closed = true;
    this.#connections.close();
  }

  #negotiate(request: Request, url: URL, user: AuthorizedUser): Response {
    if (request.method !== "POST") return methodNotAllowed("POST");
    if (!this.#connections.hasRoom) return problem(503, "Too many clients are connected.");
    // Clients of version 0 use only one id. This id authorizes their requests, so it must be the
    // secret token.
    const version = Number(url.searchParams.get("negotiateVersion") ?? 0) >= 1 ? 1 : 0;
    const connection = this.#connections.add(user);
    const text = ["Text"];
    return Response.json({
      negotiateVersion: version,
      connectionId: version === 1 ? connection.id : connection.token,
      ...(version === 1 ? { connectionToken: connection.token } : {}),
      availableTransports: [
        ...(this.#settings.upgrade ? [{ transport: "WebSockets", transferFormats: text }] : []),
        { transport: "ServerSentEvents", transferFormats: text },
        { transport: "LongPolling", transferFormats: text },
      ],
    }, { headers: { "cache-control": "no-store" } });
  }

  #acceptWebSocket(request: Request, url: URL, user: AuthorizedUser): Response {
    const { upgrade } = this.#settings;
    if (upgrade === null) return problem(400, "The hub was set up without WebSockets.");
    if (!isHandshake(request)) return problem(400, "The WebSocket handshake is not complete.");
    const token = url.searchParams.get("id");
    // A client that skips the negotiation has no token.
    if (token === null && !this.#connections.hasRoom) {
      return problem(503, "Too many clients are connected.");
    }
    const negotiated = token === null ? null : this.#find(token, user);
    if (negotiated === undefined) return unknownConnection();
    if (negotiated?.transport) return problem(409, "The connection is in use already.");
    const { socket, response } = answerAtOnce(upgrade(request), "upgrade");
    if (socket === null) return response;
    const connection = negotiated ?? this.#connections.add(user);
    connection.attach(new WebSocketTransport(socket, connection));
    return response;
  }

  /** Returns a connection of a user; undefined if the user has none with this token. */
  #find(token: string, { user }: AuthorizedUser): HubConnection | undefined {
    const connection = this.#connections.find(token);
    return connection?.user.user === user ? connection : undefined;
  }

  async #serveHttpTransport(
    request: Request,
    url: URL,
    user: AuthorizedUser,
  ): Promise<Response> {
    const token = url.searchParams.get("id");
    if (token === null) return problem(400, "The query parameter id is missing.");
    const connection = this.#find(token, user);
    if (connection === undefined) return unknownConnection();
    switch (request.method) {
      case "GET":
        return await this.#receiveFrom(connection, request);
      case "POST": {
        const { maxMessageLength } = this.#settings;
        let text: string | null;
        try {
          text = await readText(request, maxMessageLength);
        } catch {
          return problem(400, "The message broke off.");
        }
        if (text === null) {
          const error = `The maximum message size of ${maxMessageLength} bytes was exceeded.`;
          connection.end(error);
          return problem(413, error);
        }
        connection.receive(text);
        return new Response(null, { status: 200 });
      }
      case "DELETE":
        connection.end(null, { abrupt: true });
        connection.gone();
        return new Response(null, { status: 202 });
      default:
        return methodNotAllowed("GET, POST, DELETE");
    }
  }

  #receiveFrom(connection: HubConnection, request: Request): Response | Promise<Response> {
    const { transport } = connection;
    if (transport instanceof LongPollingTransport) return transport.poll();
    if (transport !== null) return problem(409, "The connection is in use already.");
    if (request.headers.get("accept")?.includes("text/event-stream")) {
      const stream = new EventStreamTransport(connection);
      connection.attach(stream);
      return stream.response;
    }
    const { clock, pollTimeoutMs } = this.#settings;
    const polling = new LongPollingTransport(connection, clock, pollTimeoutMs);
    connection.attach(polling);
    return polling.established();
  }

  #listen(): void {
    this.#unsubscribe ??= this.#settings.events.subscribe(
      (event) => this.#broadcast(event),
      this.#settings.subscription,
    );
  }

  #rest(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
  }

  /** Sends an event to all clients. The event bus waits for the result, so events stay in order. */
  #broadcast(event: TaskEvent): void | Promise<void> {
    if (!this.#connections.hasUser(({ filter }) => filter?.tags !== undefined)) {
      return this.#send(event, []);
    }
    return this.#settings.tagsOf(event.taskId).then((tags) => this.#send(event, tags));
  }

  #send(event: TaskEvent, tags: readonly string[]): void {
    const records = new Map<AuthorizedUser, string | null>();
    this.#connections.send((user) => {
      const known = records.get(user);
      if (known !== undefined) return known;
      const record = this.#recordFor(user, event, tags);
      records.set(user, record);
      return record;
    });
  }

  /**
   * Returns the record of an event as the user may see it; null if the user does not see the event,
   * or `redact` fails.
   */
  #recordFor(
    user: AuthorizedUser,
    event: TaskEvent,
    tags: readonly string[],
  ): string | null {
    const { redact, maxFieldLength, logger } = this.#settings;
    try {
      const seen = seenEvent(user, event, tags);
      if (seen === null) return null;
      return encodeRecord({
        type: messageType.invocation,
        target: "TaskEvent",
        arguments: [shorten(answerAtOnce(redact(seen), "redact"), maxFieldLength)],
      });
    } catch (error) {
      logger.error("The monitoring hub could not redact an event: {error}", { error });
      return null;
    }
  }
}

/** Cuts the fields whose length is otherwise unlimited. */
function shorten(event: TaskEvent, maxLength: number): TaskEvent {
  const cut = (text: string): string =>
    text.length > maxLength ? `${cutText(text, maxLength)}…` : text;
  return {
    ...event,
    taskParameters: cut(event.taskParameters),
    message: cut(event.message),
    exception: event.exception === null ? null : cut(event.exception),
  };
}

function isWebSocket(request: Request): boolean {
  return request.headers.get("upgrade")?.toLowerCase() === "websocket";
}

function problem(status: number, message: string): Response {
  return new Response(message, { status });
}

function unknownConnection(): Response {
  return problem(404, "No connection has this id: it has ended, or never existed.");
}

function methodNotAllowed(allow: string): Response {
  return new Response("Method not allowed.", { status: 405, headers: { allow } });
}

// The stock client of SignalR, and the events that it receives.

import { createRequire } from "node:module";
import {
  DefaultHttpClient,
  type HttpRequest,
  type HttpResponse,
  type HttpTransportType,
  type HubConnection,
  HubConnectionBuilder,
  LogLevel,
  NullLogger,
} from "@microsoft/signalr";
import type { TaskEvent } from "../../../src/events/task_event.ts";

/** A client that is not started yet. Disposing of it stops it. */
export interface StockClient extends AsyncDisposable {
  readonly connection: HubConnection;
  /** The received events, in order. */
  readonly received: readonly TaskEvent[];
}

/** Options of {@linkcode connectStockClient}. */
export interface StockClientOptions {
  /** The access token. @default none */
  readonly token?: string;
  /** The delays before the attempts to reconnect, in milliseconds. @default none */
  readonly retries?: number[];
  /** Whether to connect without a negotiation. @default false */
  readonly skipNegotiation?: boolean;
}

/** Makes a client of a hub. Without a transport, the client chooses one. */
export function connectStockClient(
  url: string,
  transport?: HttpTransportType,
  { token, retries = [], skipNegotiation = false }: StockClientOptions = {},
): StockClient {
  const unfinished = new Unfinished();
  const connection = new HubConnectionBuilder()
    .withUrl(url, {
      ...(transport ? { transport } : {}),
      skipNegotiation,
      httpClient: new TrackedHttpClient(unfinished),
      ...trackedSockets(unfinished),
      ...(token ? { accessTokenFactory: () => token } : {}),
    })
    .withAutomaticReconnect(retries)
    .configureLogging(LogLevel.None)
    .build();
  const received: TaskEvent[] = [];
  connection.on("TaskEvent", (event: TaskEvent) => received.push(event));
  return {
    connection,
    received,
    async [Symbol.asyncDispose]() {
      await connection.stop();
      await unfinished.end();
    },
  };
}

/**
 * What a client has started and not finished. A client that has stopped still closes its socket and
 * sends its close message, with a timer for each; under load, this takes longer than a test.
 */
class Unfinished {
  readonly #promises = new Set<Promise<unknown>>();

  add(promise: Promise<unknown>): void {
    const settled = promise.catch(() => {}).finally(() => this.#promises.delete(settled));
    this.#promises.add(settled);
  }

  /** Resolves when all is finished. */
  async end(): Promise<void> {
    while (this.#promises.size > 0) await Promise.all(this.#promises);
  }
}

class TrackedHttpClient extends DefaultHttpClient {
  readonly #unfinished: Unfinished;

  constructor(unfinished: Unfinished) {
    super(NullLogger.instance);
    this.#unfinished = unfinished;
  }

  override send(request: HttpRequest): Promise<HttpResponse> {
    const response = super.send(request);
    this.#unfinished.add(response);
    return response;
  }
}

/**
 * Returns the option, missing in the client's types, for the class of sockets. The class is that of
 * the client, and tracks when its sockets are closed.
 */
function trackedSockets(unfinished: Unfinished): { readonly WebSocket: unknown } {
  const Socket = createRequire(import.meta.resolve("@microsoft/signalr"))("ws");
  return {
    WebSocket: class extends Socket {
      constructor(...args: unknown[]) {
        super(...args);
        unfinished.add(new Promise((resolve) => super.once("close", resolve)));
      }
    },
  };
}

// SignalR over a WebSocket. The socket comes from Deno or from npm's `ws`.

import type { HubConnection } from "./hub_connection.ts";
import type { HubTransport } from "./hub_transport.ts";

/**
 * The part of a server-side WebSocket that the hub uses. Standard WebSockets and those of `ws` have
 * these members.
 */
export interface HubSocket {
  /** The state of the socket; 1 if it is open. */
  readonly readyState: number;
  /** The number of bytes that were sent but not yet taken by the network. */
  readonly bufferedAmount: number;
  /** Sends a text frame. */
  send(data: string): void;
  /** Starts the closing handshake. */
  close(code?: number, reason?: string): void;
  /** Closes the connection at once, if the implementation supports it. */
  terminate?(): void;
  /** Adds a listener of messages, errors or the end. */
  addEventListener(
    type: "message" | "close" | "error",
    listener: (event: { readonly data?: unknown }) => void,
  ): void;
}

const open = 1;

/** Reports whether a request is a complete WebSocket handshake (RFC 6455, section 4.2.1). */
export function isHandshake({ method, headers }: Request): boolean {
  const options = headers.get("connection")?.toLowerCase().split(",") ?? [];
  return method === "GET" &&
    options.some((option) => option.trim() === "upgrade") &&
    headers.get("sec-websocket-version") === "13" &&
    /^[A-Za-z\d+/]{22}==$/.test(headers.get("sec-websocket-key") ?? "");
}

/** Carries a connection over a WebSocket. */
export class WebSocketTransport implements HubTransport {
  readonly isPolled = false;
  readonly wantsPings = true;
  readonly #socket: HubSocket;

  /** Connects the socket to the connection. */
  constructor(socket: HubSocket, connection: HubConnection) {
    this.#socket = socket;
    const decoder = new TextDecoder();
    socket.addEventListener("message", ({ data }) => {
      if (typeof data === "string") connection.receive(data);
      else if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) {
        connection.receive(decoder.decode(data));
      } else connection.end("Only text and binary buffers are understood.");
    });
    socket.addEventListener("close", () => connection.gone());
    // A close event follows each error. Without a listener, runtimes would treat it as unhandled.
    socket.addEventListener("error", () => connection.gone());
  }

  get backlog(): number {
    return this.#socket.bufferedAmount;
  }

  send(records: string): void {
    if (this.#socket.readyState === open) this.#socket.send(records);
  }

  close(abrupt: boolean): void {
    if (abrupt && this.#socket.terminate) this.#socket.terminate();
    else this.#socket.close(abrupt ? 1013 : 1000);
  }
}

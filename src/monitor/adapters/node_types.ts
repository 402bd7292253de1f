// What the adapter uses of Node's http servers and of npm's `ws`, by shape, so that nothing of
// theirs is imported.

import type { HubSocket } from "../hub/web_socket_transport.ts";

/** The part of `http.IncomingMessage` that is used; `http2.Http2ServerRequest` has it, too. */
export interface NodeRequest extends AsyncIterable<Uint8Array> {
  /** The HTTP method. */
  readonly method?: string | undefined;
  /** The request target: path and query, as a rule. */
  readonly url?: string | undefined;
  /** The headers, in lower case. */
  readonly headers: { readonly [name: string]: string | string[] | undefined };
  /** Names and values of the headers in turn, as they were sent. */
  readonly rawHeaders?: readonly string[] | undefined;
  /** The connection; one with TLS is marked `encrypted`. */
  readonly socket: object;
}

/** Where a body is written to: a response or a socket of Node. */
export interface NodeSink {
  /** Sends a part of the body; false when it had to be buffered. */
  write(chunk: Uint8Array): boolean;
  /** Cuts the connection off. */
  destroy(): unknown;
  /** Listens. */
  on(event: "close" | "drain" | "end" | "error", listener: () => void): unknown;
  /** Listens no longer. */
  off(event: "close" | "drain" | "end" | "error", listener: () => void): unknown;
}

/** The part of `http.ServerResponse` that is used; `http2.Http2ServerResponse` has it, too. */
export interface NodeResponse extends NodeSink {
  /** Whether all has been handed to the network. */
  readonly writableFinished: boolean;
  /** Sets status and headers. */
  writeHead(status: number, headers: Record<string, string | string[]>): unknown;
  /** Sends them. */
  flushHeaders(): void;
  /** Ends the response. */
  end(): unknown;
}

/** The part of the socket of an `upgrade` event that is used. */
export interface NodeSocket extends NodeSink {
  /** Resumes reading; without a listener for data, the data is dropped. */
  resume(): unknown;
  /** Ends this side of the connection once all writes are flushed, and calls back. */
  end(callback: () => void): unknown;
}

/**
 * The part of a `WebSocketServer` of `ws` that is used; make it with `new WebSocketServer({
 * noServer: true, maxPayload: 32768 })`.
 */
export interface NodeWebSocketServer<Request, Socket, Head> {
  /** How it was made. */
  readonly options?: { maxPayload?: number | undefined };
  /** Does the handshake, and calls back with the WebSocket before it returns. */
  handleUpgrade(
    request: Request,
    socket: Socket,
    head: Head,
    accepted: (webSocket: HubSocket) => void,
  ): void;
}

// Structural types for the parts of Node's http servers and of npm's `ws` that the adapter uses, so
// that neither is imported.

import type { HubSocket } from "../hub/web_socket_transport.ts";

/** The used part of `http.IncomingMessage`, which `http2.Http2ServerRequest` also has. */
export interface NodeRequest extends AsyncIterable<Uint8Array> {
  /** The HTTP method. */
  readonly method?: string | undefined;
  /** The request target, usually path and query. */
  readonly url?: string | undefined;
  /** The headers, in lower case. */
  readonly headers: { readonly [name: string]: string | string[] | undefined };
  /** The alternating names and values of the headers, as they were sent. */
  readonly rawHeaders?: readonly string[] | undefined;
  /** The connection. It has the property `encrypted` if it uses TLS. */
  readonly socket: object;
}

/** The target of a body: a response or a socket of Node. */
export interface NodeSink {
  /** Sends a part of the body. Returns false if it had to be buffered. */
  write(chunk: Uint8Array): boolean;
  /** Closes the connection at once. */
  destroy(): unknown;
  /** Adds a listener. */
  on(event: "close" | "drain" | "end" | "error", listener: () => void): unknown;
  /** Removes a listener. */
  off(event: "close" | "drain" | "end" | "error", listener: () => void): unknown;
}

/** The used part of `http.ServerResponse`, which `http2.Http2ServerResponse` also has. */
export interface NodeResponse extends NodeSink {
  /** Whether all data was passed to the network. */
  readonly writableFinished: boolean;
  /** Sets status and headers. */
  writeHead(status: number, headers: Record<string, string | string[]>): unknown;
  /** Sends the headers. */
  flushHeaders(): void;
  /** Ends the response. */
  end(): unknown;
}

/** The used part of the socket of an `upgrade` event. */
export interface NodeSocket extends NodeSink {
  /** Resumes reading. Without a listener, data is discarded. */
  resume(): unknown;
  /** Ends this side of the connection after all writes are flushed, and then calls `callback`. */
  end(callback: () => void): unknown;
}

/**
 * The used part of a `WebSocketServer` of `ws`. Create it by `new WebSocketServer({ noServer: true,
 * maxPayload: 32768 })`.
 */
export interface NodeWebSocketServer<Request, Socket, Head> {
  /** The options of the server. */
  readonly options?: { maxPayload?: number | undefined };
  /** Performs the handshake, and calls `accepted` with the WebSocket before it returns. */
  handleUpgrade(
    request: Request,
    socket: Socket,
    head: Head,
    accepted: (webSocket: HubSocket) => void,
  ): void;
}

// SignalR over server-sent events: one response whose body stays open. The client sends by POST.
// Format: https://html.spec.whatwg.org/multipage/server-sent-events.html

import type { HubConnection } from "./hub_connection.ts";
import type { HubTransport } from "./hub_transport.ts";

/** Carries a connection over an event stream. */
export class EventStreamTransport implements HubTransport {
  readonly isPolled = false;
  readonly wantsPings = true;
  /** The response to the client. */
  readonly response: Response;
  readonly #encoder = new TextEncoder();
  readonly #connection: HubConnection;
  // The data that the network has not taken yet. It is stored here instead of in the stream, so
  // that `close` can drop it. The first data is a comment, because some proxies forward the headers
  // only with the first byte.
  #pending = ":\n\n";
  /**
   * The controller that takes the next chunk; null while the network is busy with the previous
   * chunk.
   */
  #taker: ReadableStreamDefaultController<Uint8Array> | null = null;
  #closed = false;

  /** Starts the stream. */
  constructor(connection: HubConnection) {
    this.#connection = connection;
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        this.#taker = controller;
        this.#deliver();
      },
      cancel: () => connection.gone(),
    }, { highWaterMark: 0 });
    this.response = new Response(stream, {
      headers: {
        "content-type": "text/event-stream",
        "cache-control": "no-cache, no-store",
        // nginx would otherwise buffer events.
        "x-accel-buffering": "no",
      },
    });
  }

  get backlog(): number {
    return this.#pending.length;
  }

  send(records: string): void {
    this.#pending += `data: ${records}\n\n`;
    this.#deliver();
  }

  close(abrupt: boolean): void {
    this.#closed = true;
    if (abrupt) this.#pending = "";
    this.#deliver();
  }

  #deliver(): void {
    const taker = this.#taker;
    if (taker === null) return;
    if (this.#pending !== "") {
      const chunk = this.#encoder.encode(this.#pending);
      this.#pending = "";
      // Cleared first, because enqueue may request the next chunk before it returns.
      this.#taker = null;
      taker.enqueue(chunk);
    } else if (this.#closed) {
      this.#taker = null;
      taker.close();
      this.#connection.gone();
    }
  }
}

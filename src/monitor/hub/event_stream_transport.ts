// SignalR over server-sent events: one response whose body never ends; the client sends by POST.
// Format: https://html.spec.whatwg.org/multipage/server-sent-events.html

import type { HubConnection } from "./hub_connection.ts";
import type { HubTransport } from "./hub_transport.ts";

/** Carries a connection over an event stream. */
export class EventStreamTransport implements HubTransport {
  readonly isPolled = false;
  readonly wantsPings = true;
  /** The response to give to the client. */
  readonly response: Response;
  readonly #encoder = new TextEncoder();
  readonly #connection: HubConnection;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;

  /** Starts the stream. */
  constructor(connection: HubConnection) {
    this.#connection = connection;
    const stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
          // A comment, so that headers and a first byte pass proxies which wait for one.
          controller.enqueue(this.#encoder.encode(":\n\n"));
        },
        cancel: () => {
          this.#controller = null;
          connection.gone();
        },
      },
      // Counting bytes above a mark of 0 turns desiredSize into the backlog, negated.
      { highWaterMark: 0, size: (chunk) => chunk?.byteLength ?? 0 },
    );
    this.response = new Response(stream, {
      headers: {
        "content-type": "text/event-stream",
        "cache-control": "no-cache, no-store",
        // nginx would hold events back.
        "x-accel-buffering": "no",
      },
    });
  }

  get backlog(): number {
    return -(this.#controller?.desiredSize ?? 0);
  }

  send(records: string): void {
    this.#controller?.enqueue(this.#encoder.encode(`data: ${records}\n\n`));
  }

  close(abrupt: boolean): void {
    const controller = this.#controller;
    this.#controller = null;
    if (abrupt) controller?.error(new Error("The client reads too slowly."));
    else controller?.close();
    this.#connection.gone();
  }
}

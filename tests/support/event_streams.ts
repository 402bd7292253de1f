// The event streams that a server of a test has answered with.

/** A handler of requests, such as that of an API or a dashboard. */
type Handler = Deno.ServeHandler<Deno.NetAddr>;

/**
 * Watches the event streams of a handler. A server under load cancels streams after its own end,
 * and until then each has a timer that keeps it alive.
 */
export class EventStreams {
  /** Settle when a stream has ended. */
  readonly #open = new Set<Promise<void>>();

  /** Returns a handler whose streams {@linkcode ended} waits for. */
  watch(handler: Handler): Handler {
    return async (request, connection) => {
      const response = await handler(request, connection);
      return this.#watched(response, connection.completed);
    };
  }

  /** Resolves when all streams so far have ended. */
  async ended(): Promise<void> {
    await Promise.all(this.#open);
  }

  #watched(response: Response, completed: Promise<void>): Response {
    if (response.headers.get("content-type") !== "text/event-stream") return response;
    const { readable, writable } = new TransformStream();
    const ended = response.body!.pipeTo(writable).catch(() => {}).finally(() =>
      this.#open.delete(ended)
    );
    this.#open.add(ended);
    // A server that has ended drops the response, and does not cancel its stream.
    const drop = () => void readable.cancel().catch(() => {});
    void completed.then(drop, drop);
    return new Response(readable, response);
  }
}

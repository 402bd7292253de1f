// A web server that records requests, and sends a test's responses.

/** A received request. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
}

/** A running server. */
export interface ReceivingServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: ReceivedRequest[];
  /** The responses to the next requests. An empty queue means 200 without a body. */
  readonly answers: Response[];
}

/** Starts a server on a free port. */
export function startReceivingServer(): ReceivingServer {
  const requests: ReceivedRequest[] = [];
  const answers: Response[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    requests.push({
      method: request.method,
      path: new URL(request.url).pathname,
      headers: request.headers,
      body: await request.text(),
    });
    return answers.shift() ?? new Response();
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    requests,
    answers,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

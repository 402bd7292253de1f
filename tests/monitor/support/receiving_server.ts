// A web server that keeps the requests it is sent, and answers them as a test says.

/** A request that came. */
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
  /** What the next requests are answered with; 200 and nothing when it is empty. */
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

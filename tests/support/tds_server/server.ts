// A server that implements enough of TDS 7.4 for mssql to log in, with and without TLS, and to get
// scripted replies. It is not a database: it stores nothing and does not parse SQL. It records the
// driver's requests, and simulates errors, delays and broken connections.

import { serveClient } from "./connection.ts";
import type { Manners, Reply } from "./connection.ts";
import type { Login } from "./login.ts";
import type { TdsRequest } from "./requests.ts";

export type { Login, Reply, TdsRequest };

/** How a server treats its clients. */
export interface TdsServerOptions
  extends Partial<Pick<Manners, "certificate" | "refuses" | "breaksAt">> {
  /** Answers requests. By default, replies are empty. */
  readonly answer?: Manners["answer"];
}

/** A running server, on a free port of loopback. */
export class TdsServer implements AsyncDisposable {
  readonly #listener: Deno.TcpListener;
  readonly #clients = new Set<Deno.TcpConn>();
  readonly #serving: Promise<void>;
  /** The requests of all clients so far, without the initial settings of sessions. */
  readonly requests: TdsRequest[] = [];
  /** The logins so far. */
  readonly logins: Login[] = [];
  /** Changes how requests are answered from now on. */
  answer: Manners["answer"];

  constructor(options: TdsServerOptions = {}) {
    const { answer = () => ({}), ...manners } = options;
    this.answer = answer;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#serving = this.#serve({
      ...manners,
      answer: (request) => {
        this.requests.push(request);
        return this.answer(request);
      },
      onLogin: (login) => this.logins.push(login),
    });
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** Breaks all connections. */
  disconnectAll(): void {
    for (const client of this.#clients) client.close();
    this.#clients.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.disconnectAll();
    await this.#serving;
  }

  async #serve(manners: Manners): Promise<void> {
    const served: Promise<void>[] = [];
    for await (const client of this.#listener) {
      this.#clients.add(client);
      const isConnected = () => this.#clients.delete(client);
      const channel = {
        read: (buffer: Uint8Array<ArrayBuffer>) => client.read(buffer),
        write: (bytes: Uint8Array) => client.write(bytes),
        close: () => {
          if (isConnected()) client.close();
        },
      };
      served.push(serveClient(channel, manners).catch(() => {}).finally(() => channel.close()));
    }
    await Promise.all(served);
  }
}

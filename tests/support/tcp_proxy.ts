// Simulates network failures between a test and a real server: it forwards data, ends all
// connections and refuses new ones, or drops data silently.

import { connect, createServer, type Server, type Socket } from "node:net";
import { type ReservedPort, reservePort } from "./reserved_port.ts";

/**
 * The two ends of a connection. A connection whose data was dropped once stays dead, as after a
 * router has lost its state.
 */
interface Line {
  readonly client: Socket;
  readonly server: Socket | null;
  isDead: boolean;
}

/** A TCP proxy on a port of its own. */
export class TcpProxy implements AsyncDisposable {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #lines = new Set<Line>();
  readonly #reserved: ReservedPort = reservePort();
  #listener: Server | null = null;
  #swallows = false;
  #accepted = 0;
  #delayMs = 0;
  /** The last delayed data of each socket, if it is still to be written. */
  readonly #delayed = new Map<Socket, Promise<void>>();

  private constructor(url: URL) {
    this.#target = { host: url.hostname, port: Number(url.port) };
  }

  /** Starts a proxy in front of the server of a URL. */
  static async start(url: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(new URL(url));
    await proxy.#listen();
    return proxy;
  }

  /** The URL with the proxy's address in it. */
  urlOf(url: string): string {
    const through = new URL(url);
    through.host = `127.0.0.1:${this.#reserved.port}`;
    return through.href;
  }

  /** The number of open connections on either side. */
  get connections(): number {
    return this.#lines.size;
  }

  /** The number of connections that clients have opened so far. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Ends all connections, and refuses new ones. */
  async refuse(): Promise<void> {
    const listener = this.#listener;
    this.#listener = null;
    const closed = new Promise((resolve) => listener ? listener.close(resolve) : resolve(null));
    this.#cut();
    await closed;
  }

  /** Forwards data later than it comes. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  /** Whether data is waiting to be forwarded. */
  get delays(): boolean {
    return this.#delayed.size > 0;
  }

  /** Accepts data on all connections, old and new, and drops it without an answer. */
  swallow(): void {
    this.#swallows = true;
    for (const line of this.#lines) line.isDead = true;
  }

  /** Forwards the data of new connections again. Old connections stay dead. */
  async pass(): Promise<void> {
    this.#swallows = false;
    if (this.#listener === null) await this.#listen();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.refuse();
    this.#reserved[Symbol.dispose]();
  }

  #listen(): Promise<void> {
    const listener = createServer((client) => this.#accept(client));
    this.#listener = listener;
    return new Promise((resolve, reject) => {
      listener.once("error", reject);
      listener.listen(this.#reserved.port, "127.0.0.1", resolve);
    });
  }

  #accept(client: Socket): void {
    this.#accepted++;
    const server = this.#swallows ? null : connect(this.#target.port, this.#target.host);
    const line: Line = { client, server, isDead: this.#swallows };
    this.#lines.add(line);
    client.setNoDelay(true);
    client.on("data", (bytes) => this.#forward(line, server, bytes));
    server?.on("data", (bytes) => this.#forward(line, client, bytes));
    for (const [end, other] of [[client, server], [server, client]]) {
      end?.on("error", () => {});
      end?.on("close", () => {
        if (line.isDead) return;
        other?.destroy();
        this.#lines.delete(line);
      });
    }
  }

  /** Forwards data in order, also after `delay(0)`: later data waits for data still delayed. */
  #forward(line: Line, to: Socket | null, bytes: string | Uint8Array): void {
    if (to === null) return;
    const write = () => void (line.isDead || to.destroyed || to.write(bytes));
    if (this.#delayMs === 0 && !this.#delayed.has(to)) return write();
    const delayed = new Promise<void>((resume) => setTimeout(resume, this.#delayMs));
    const sent = Promise.all([this.#delayed.get(to), delayed]).then(write);
    this.#delayed.set(to, sent);
    void sent.then(() => this.#delayed.get(to) === sent && this.#delayed.delete(to));
  }

  #cut(): void {
    for (const { client, server } of this.#lines) {
      client.destroy();
      server?.destroy();
    }
    this.#lines.clear();
  }
}

// The sockets of the storage's own pool. This file chooses one of several servers: postgres.js
// skips a server that refuses, but not one that is silent, and retries forever if all refuse. It
// can also cut sockets: postgres.js never destroys a connected one, so that on a network that drops
// packets silently, queries would wait until TCP gives up, a quarter of an hour later.

import { connect, type Socket } from "node:net";
import { systemClock } from "../../src/time/clock.ts";
import type { ServerAddress } from "./server_addresses.ts";

/** Opens the sockets of a pool, and can cut them all. */
export class Sockets {
  readonly #servers: readonly ServerAddress[];
  readonly #connectMs: number;
  readonly #open = new Set<Socket>();
  #turn = 0;
  #keepAlive = true;
  #isClosed = false;

  /**
   * @param servers At least one. The first is used until it fails, then the next, and so on.
   * @param connectMs How long a server may take to accept a connection if there is another server.
   */
  constructor(servers: readonly ServerAddress[], connectMs: number) {
    this.#servers = servers;
    this.#connectMs = connectMs;
  }

  /** For postgres.js's option `socket`. */
  readonly open = async (): Promise<Socket> => {
    for (let others = this.#servers.length - 1; others > 0; others--) {
      const socket = this.#connect();
      if (await isAccepted(socket, this.#connectMs)) return socket;
      socket.destroy();
    }
    const socket = this.#connect(); // postgres.js handles the events of this one
    // Reports a missing permission of Deno in this turn, before postgres.js listens: it would wait
    // forever.
    await undefined;
    if (socket.errored !== null) throw socket.errored;
    return socket;
  };

  /**
   * Sets whether the sockets keep the process alive. Timers keep it alive while a query is under
   * way (query_limit.ts).
   */
  keepAlive(keepAlive: boolean): void {
    this.#keepAlive = keepAlive;
    for (const socket of this.#open) this.#setRef(socket);
  }

  /**
   * Destroys all sockets; postgres.js rejects their queries, and opens new connections for later
   * ones.
   */
  cut(): void {
    for (const socket of this.#open) socket.destroy();
    this.#open.clear();
  }

  /** Cuts all sockets, and uses the next server, if there is one. */
  leave(): void {
    if (this.#open.size > 0) this.#turn++; // otherwise this server was already left
    this.cut();
  }

  /** Cuts all sockets permanently. */
  close(): void {
    this.#isClosed = true;
    this.cut();
  }

  #connect(): Socket {
    for (const socket of this.#open) if (socket.destroyed) this.#open.delete(socket);
    const turn = this.#turn;
    const { host, port, path } = this.#servers[turn % this.#servers.length]!;
    const socket = path === null ? connect(port, host) : connect(path);
    this.#open.add(socket);
    this.#setRef(socket);
    socket.on("error", () => {}); // postgres.js listens from the next turn on
    socket.once("close", () => {
      if (socket.bytesRead === 0 && this.#turn === turn) this.#turn++; // it was refused, or never answered
    });
    // An ended pool may open one more connection that was under way.
    if (this.#isClosed) systemClock.setTimer(() => socket.destroy(), 0);
    return Object.assign(socket, { host, port }); // postgres.js checks the certificate for it, and names it in errors
  }

  #setRef(socket: Socket): void {
    if (this.#keepAlive) socket.ref();
    else socket.unref();
  }
}

/** Resolves to whether a server accepted a connection in time. */
function isAccepted(socket: Socket, limitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const disarm = systemClock.setTimer(() => resolve(false), limitMs);
    const settle = (isConnected: boolean) => {
      disarm();
      resolve(isConnected);
    };
    socket.once("connect", () => settle(true));
    socket.once("close", () => settle(false));
  });
}

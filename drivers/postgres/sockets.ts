// The sockets of the storage's own pool. This file chooses one of several servers, because
// postgres.js skips a server that refuses connections but not a server that does not answer, and
// retries forever if all servers refuse. This file also destroys sockets, because postgres.js never
// destroys a connected socket: on a network that drops packets silently, its queries would wait a
// quarter of an hour, until TCP times out.

import { connect, type Socket } from "node:net";
import { systemClock } from "../../src/time/clock.ts";
import type { ServerAddress } from "./server_addresses.ts";

/** Opens sockets. */
export interface SocketSource {
  /** Opens a socket to a server that accepts it. */
  readonly open: () => Promise<Socket>;
  /**
   * Opens another socket to the server of `socket`, for the request to cancel a query. The server
   * closes it without an answer.
   */
  readonly beside: (socket: Socket) => Socket;
}

/** Opens the sockets of a pool, and can destroy them all. */
export class Sockets implements SocketSource {
  readonly #servers: readonly ServerAddress[];
  readonly #connectMs: number;
  /** The open sockets with their servers. */
  readonly #open = new Map<Socket, ServerAddress>();
  #turn = 0;
  #keepAlive = true;
  #isClosed = false;

  /**
   * @param servers The servers, at least one. The first is used until it fails, then the next, and
   * so on.
   * @param connectMs The timeout of connecting to a server if there is another server, in
   * milliseconds.
   */
  constructor(servers: readonly ServerAddress[], connectMs: number) {
    this.#servers = servers;
    this.#connectMs = connectMs;
  }

  readonly open = async (): Promise<Socket> => {
    for (let others = this.#servers.length - 1; others > 0; others--) {
      const turn = this.#turn;
      const socket = this.#connectInTurn();
      if (await isAccepted(socket, this.#connectMs)) return socket;
      socket.destroy();
      this.#skip(turn); // the event `close` comes too late for the next attempt
    }
    const socket = this.#connectInTurn(); // postgres.js adds its listeners later
    // Throws the error of a missing Deno permission, which occurs before postgres.js listens to the
    // socket. Without this check, postgres.js would wait forever.
    await undefined;
    if (socket.errored !== null) throw socket.errored;
    return socket;
  };

  readonly beside = (socket: Socket): Socket =>
    this.#connect(this.#open.get(socket) ?? this.#inTurn());

  /**
   * Sets whether the sockets keep the process alive. Timers keep it alive while a query is in
   * progress (query_limit.ts).
   */
  keepAlive(keepAlive: boolean): void {
    this.#keepAlive = keepAlive;
    for (const socket of this.#open.keys()) this.#setRef(socket);
  }

  /**
   * Destroys all sockets. postgres.js rejects their queries, and opens new connections for later
   * queries.
   */
  cut(): void {
    for (const socket of this.#open.keys()) dropSocket(socket);
    this.#open.clear();
  }

  /** Destroys all sockets, and switches to the next server, if there is one. */
  leave(): void {
    if (this.#open.size > 0) this.#turn++; // otherwise the server was already switched
    this.cut();
  }

  /** Destroys all sockets permanently. */
  close(): void {
    this.#isClosed = true;
    this.cut();
  }

  /** Connects to the server whose turn it is. If that fails, it is the turn of the next. */
  #connectInTurn(): Socket {
    const turn = this.#turn;
    const socket = this.#connect(this.#inTurn());
    socket.once("close", () => {
      if (socket.bytesRead === 0) this.#skip(turn); // the connection was refused or not answered
    });
    return socket;
  }

  #inTurn(): ServerAddress {
    return this.#servers[this.#turn % this.#servers.length]!;
  }

  /** Ends the turn of a server, unless it has ended already. */
  #skip(turn: number): void {
    if (this.#turn === turn) this.#turn++;
  }

  #connect(server: ServerAddress): Socket {
    for (const socket of this.#open.keys()) if (socket.destroyed) this.#open.delete(socket);
    const { host, port, path } = server;
    const socket = path === null ? connect(port, host) : connect(path);
    this.#open.set(socket, server);
    this.#setRef(socket);
    keepErrorsHandled(socket);
    // An ended pool may still open a connection that was in progress.
    if (this.#isClosed) systemClock.setTimer(() => socket.destroy(), 0);
    return Object.assign(socket, { host, port }); // postgres.js checks the certificate for the host, and names it in errors
  }

  #setRef(socket: Socket): void {
    if (this.#keepAlive) socket.ref();
    else socket.unref();
  }
}

/**
 * Handles the errors of a socket also before postgres.js listens, which it does from the next turn
 * on, and after it has removed all listeners of a closed socket: a write in the turn of the close
 * may still fail, and an error that nothing handles would end the process.
 */
function keepErrorsHandled(socket: Socket): void {
  const removeAllListeners = socket.removeAllListeners.bind(socket);
  const ignoreErrors = () => socket.on("error", () => {});
  socket.removeAllListeners = (...events: Parameters<Socket["removeAllListeners"]>) => {
    removeAllListeners(...events);
    return ignoreErrors();
  };
  ignoreErrors();
}

/**
 * Destroys a socket, and tells its listeners at once. Otherwise, TLS over the socket may still write
 * in this turn: in Node, it then emits `close`, on which postgres.js removes its listeners, and an
 * `error` after that, which would end the process.
 */
export function dropSocket(socket: Socket): void {
  if (socket.destroyed) return;
  socket.destroy();
  socket.emit("close", false);
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

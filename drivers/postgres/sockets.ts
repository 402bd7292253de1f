// The sockets of the storage's own pool. postgres.js never destroys one that has a peer, as far as it knows: where the network
// swallows what is sent, that would be for a quarter of an hour, until TCP gives up.

import { connect, type Socket } from "node:net";
import { systemClock } from "../../src/time/clock.ts";

/** Where postgres.js wants to connect to: what its option `socket` is called with. */
interface Address {
  readonly host: readonly string[];
  readonly port: readonly number[];
  /** A Unix domain socket's. */
  readonly path: string | false;
}

/** Opens the sockets of a pool, and can cut them all. */
export class Sockets {
  readonly #open = new Set<Socket>();
  #attempts = 0;
  #isClosed = false;

  /** For postgres.js's option `socket`. It has several hosts tried in turn. */
  readonly open = ({ host, port, path }: Address): Socket => {
    for (const socket of this.#open) if (socket.destroyed) this.#open.delete(socket);
    const turn = this.#attempts++ % host.length;
    const socket = path ? connect(path) : connect(port[turn]!, host[turn]!);
    this.#open.add(socket);
    // An ended pool may connect once more, when it was about to. postgres.js listens to the socket from the next turn on.
    if (this.#isClosed) systemClock.setTimer(() => socket.destroy(), 0);
    // The name that postgres.js checks the certificate for.
    return Object.assign(socket, { host: host[turn], port: port[turn] });
  };

  /** Destroys them all; postgres.js rejects what they have carried, and connects anew for what comes. */
  cut(): void {
    for (const socket of this.#open) socket.destroy();
    this.#open.clear();
  }

  /** Cuts them once and for all. */
  close(): void {
    this.#isClosed = true;
    this.cut();
  }
}

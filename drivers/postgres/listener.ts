// Listens on a channel over a connection of the storage's own pool, which is discarded when it is
// lost, like the connections for queries (link.ts). Another one then replaces it.

import { type Clock, systemClock } from "../../src/time/clock.ts";
import { Link } from "./link.ts";
import { pauseMs } from "./links.ts";
import { PooledQuery } from "./pooled_query.ts";
import type { SocketSource } from "./sockets.ts";

/** The dependencies of a {@linkcode Listener}. */
export interface ListenerParts {
  readonly clock: Clock;
  /** The options of postgres.js. */
  readonly options: object;
  /** How long the server may take to answer, in milliseconds. */
  readonly limitMs: number;
  readonly sockets: SocketSource;
  readonly channel: string;
  readonly onMessage: (payload: string) => void;
  /** Called each time that listening begins. */
  readonly onListening: () => void;
}

/** Listens on one channel. */
export class Listener {
  readonly #parts: ListenerParts;
  #link: Link | null = null;
  /** The number of retries since listening last began. */
  #retries = 0;
  #cancelRetry = () => {};
  #isEnded = false;

  constructor(parts: ListenerParts) {
    this.#parts = parts;
  }

  /**
   * Resolves when listening has begun. From then on, retries after each loss of the connection, with
   * growing pauses. Rejects if the first attempt fails.
   */
  async listen(): Promise<void> {
    const { limitMs, options, sockets, channel, onMessage, onListening } = this.#parts;
    // An option that the types of postgres.js lack.
    const onnotify = (_channel: string, payload: string) => onMessage(payload);
    let link!: Link;
    const lost = new Promise<void>((resolve) => {
      link = new Link({
        options: { ...options, onnotify },
        sockets,
        onRefused: (query, error) => query.reject(error),
        onLost: () => resolve(),
      });
    });
    this.#link = link;
    const query = new PooledQuery(`LISTEN "${channel.replaceAll('"', '""')}"`, [], {});
    const disarm = systemClock.setTimer(() => link.destroy(), limitMs);
    try {
      link.run(query);
      await query;
    } catch (error) {
      this.#link = null;
      link.destroy(); // it is still open if the server refused the statement
      throw error;
    } finally {
      disarm();
    }
    this.#retries = 0;
    onListening();
    lost.then(() => this.#retry());
  }

  /** Stops to listen, and closes the connection. */
  async end(): Promise<void> {
    this.#isEnded = true;
    this.#cancelRetry();
    await this.#link?.end();
  }

  #retry(): void {
    if (this.#isEnded) return;
    this.#cancelRetry = this.#parts.clock.setTimer(
      () => this.listen().catch(() => this.#retry()),
      pauseMs(this.#retries++),
      { unref: true },
    );
  }
}

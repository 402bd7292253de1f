// One connection of the storage's own pool: a postgres.js instance that is discarded when its
// connection is lost. A connection that postgres.js 3.4 opens again after a loss cannot be trusted
// (`closed`, `error`, `execute` and `write` in its connection.js):
//
// - It keeps the part of its write buffer that it has not sent yet, and believes that this part is
//   about to be sent. The next connections then send nothing, until one of them sends the old part.
// - It keeps queries that were started between the events `error` and `close` of the socket. They
//   are never rejected, and may receive the answers to other queries of the next connection.

import type { Socket } from "node:net";
import postgres from "postgres";
import { systemClock } from "../../src/time/clock.ts";
import { withoutEnvironment } from "./environment.ts";
import type { Carrier, PooledQuery } from "./pooled_query.ts";
import type { Query } from "./query_limit.ts";
import { dropSocket, type SocketSource } from "./sockets.ts";

/** The dependencies of a connection. */
export interface LinkParts {
  /** The options of postgres.js. */
  readonly options: object;
  readonly sockets: SocketSource;
  /** Called if the connection cannot be opened, with the query for which it was to be opened. */
  readonly onRefused: (query: PooledQuery, error: unknown) => void;
  /**
   * Called once, when the connection is lost or cannot be opened.
   *
   * @param unsent The queries that were not sent yet, in order.
   */
  readonly onLost: (unsent: readonly PooledQuery[]) => void;
}

/** A connection, which is opened for its first query. */
export class Link implements Carrier {
  readonly #parts: LinkParts;
  readonly #sql: postgres.Sql;
  readonly #queries = new Set<PooledQuery>();
  #longQueries = 0;
  #socket: Socket | null = null;
  /** The query for which postgres.js opens the connection, until it is settled. */
  #first: PooledQuery | null = null;
  #isUsed = false;
  #isOpened = false;
  #wasReady = false;
  #isCancelling = false;
  #isLost = false;

  constructor(parts: LinkParts) {
    this.#parts = parts;
    // Options that the types of postgres.js lack.
    const untyped: object = { socket: () => this.#open(), onclose: () => this.#lose() };
    this.#sql = withoutEnvironment(() => postgres({ ...parts.options, ...untyped, max: 1 }));
  }

  /** The number of queries without an answer. */
  get load(): number {
    return this.#queries.size;
  }

  /** Whether a query may delay the queries behind it for long. */
  get isHeldUp(): boolean {
    return this.#longQueries > 0;
  }

  /** Whether the server has accepted the connection, and it is not lost. */
  get isReady(): boolean {
    this.#wasReady ||= [...this.#queries].some(({ state }) => state !== null);
    return this.#wasReady && !this.#isLost;
  }

  /** Sends a query and settles it. Resolves to whether the server answered it with rows. */
  async run(query: PooledQuery): Promise<boolean> {
    if (!this.#isUsed) this.#first = query;
    this.#isUsed = true;
    this.#queries.add(query);
    if (query.isLong) this.#longQueries++;
    try {
      const sent = this.#sql.unsafe(query.text, query.parameters, query.options);
      query.sentOver(this, sent);
      const rows = await sent;
      query.resolve(rows);
      return true;
    } catch (error) {
      if (query.carrier === this) this.#fail(query, error); // otherwise it was moved to another connection
      return false;
    } finally {
      this.#wasReady ||= query.state !== null;
      if (query.isLong) this.#longQueries--;
      if (query === this.#first) this.#first = null;
      this.#queries.delete(query);
    }
  }

  /** The request goes over another socket. */
  cancel(sent: Query): PromiseLike<unknown> | undefined {
    this.#isCancelling = true; // `#open` is called before the canceller returns
    try {
      return sent.canceller?.(sent);
    } finally {
      this.#isCancelling = false;
    }
  }

  /** The first query is sent all the same: postgres.js opens the connection for it. */
  takeBack(query: PooledQuery): void {
    if (query !== this.#first && query.state === null) query.canceller?.();
  }

  /** Closes the connection, after a second also if a query has no answer: there may never be one. */
  end(): Promise<void> {
    return this.#sql.end({ timeout: 1 });
  }

  /** Closes the connection at once. */
  destroy(): void {
    if (this.#socket !== null) dropSocket(this.#socket);
  }

  /** The value of the option `socket` of postgres.js. */
  async #open(): Promise<Socket> {
    if (this.#isCancelling) return this.#parts.sockets.beside(this.#socket!);
    // After an error, postgres.js rejects the query for which it opens the socket.
    if (this.#isOpened) throw connectionClosed();
    this.#isOpened = true;
    return this.#socket = await this.#parts.sockets.open();
  }

  #fail(query: PooledQuery, error: unknown): void {
    if (query !== this.#first || query.state !== null) return query.reject(error);
    this.#queries.delete(query);
    this.#lose();
    this.#parts.onRefused(query, error);
  }

  #lose(): void {
    if (this.#isLost) return;
    this.#isLost = true;
    const unsent = [...this.#queries].filter((query) =>
      query !== this.#first && query.state === null
    );
    for (const query of unsent) this.#queries.delete(query);
    this.#parts.onLost(unsent);
    if (this.#queries.size === 0) return;
    // In the next turn, because postgres.js has just rejected the queries that it knows to be lost,
    // with the error of the socket.
    systemClock.setTimer(() => {
      for (const query of this.#queries) query.reject(connectionClosed());
    }, 0);
  }
}

function connectionClosed(): Error {
  const message = "the connection was closed before the answer to a query";
  return Object.assign(new Error(message), { code: "CONNECTION_CLOSED" });
}

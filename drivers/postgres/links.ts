// The connections of the storage's own pool, and the queries that wait for one.

import type { Socket } from "node:net";
import { systemClock } from "../../src/time/clock.ts";
import type { QueryOptions } from "./connection.ts";
import { Link } from "./link.ts";
import { PooledQuery } from "./pooled_query.ts";
import type { SocketSource } from "./sockets.ts";

/**
 * The number of queries that one connection has at most: PostgreSQL receives the next while it
 * answers the first. postgres.js sends an unprepared statement only after the answer to the one
 * before it.
 */
const depths = { prepared: 100, unprepared: 1 };

/** The dependencies of {@linkcode Links}. */
export interface LinksParts {
  /** The options of postgres.js. */
  readonly options: object;
  readonly maxConnections: number;
  readonly prepare: boolean;
  readonly sockets: SocketSource;
}

/** Distributes queries over connections, which are opened on demand and replaced after a loss. */
export class Links {
  readonly #parts: LinksParts;
  readonly #depth: number;
  readonly #all = new Set<Link>();
  /** The connections without a query. The one that has been idle for longest comes first. */
  readonly #idle = new Set<Link>();
  readonly #waiting: PooledQuery[] = [];
  /** The number of lost connections since the last answer. */
  #failures = 0;
  /** The error of the last connection that could not be opened. */
  #refusal: unknown;
  /** The monotonic instant from which a connection may be opened. */
  #reopenAt = 0;
  #cancelPump: (() => void) | null = null;
  #isEnded = false;

  constructor(parts: LinksParts) {
    this.#parts = parts;
    this.#depth = parts.prepare ? depths.prepared : depths.unprepared;
  }

  /** Runs a query as soon as a connection can take it. */
  run(text: string, parameters: (string | null)[], options: QueryOptions): PooledQuery {
    const query = new PooledQuery(text, parameters, options);
    this.#waiting.push(query);
    this.#pump();
    return query;
  }

  /** Whether any connection can be used. */
  get isConnected(): boolean {
    return [...this.#all].some((link) => link.isReady);
  }

  /** The error of the last connection that could not be opened; undefined if there is none. */
  get refusal(): unknown {
    return this.#refusal;
  }

  /** Closes all connections. Rejects the queries that wait for one, and all later ones. */
  async end(): Promise<void> {
    this.#isEnded = true;
    this.#cancelPump?.();
    this.#pump();
    await Promise.all([...this.#all].map((link) => link.end()));
  }

  #pump(): void {
    if (this.#isEnded) {
      for (const query of this.#waiting.splice(0)) query.reject(poolEnded());
    }
    while (this.#waiting.length > 0) {
      if (this.#waiting[0]!.isAbandoned) {
        this.#waiting.shift();
        continue;
      }
      if (!this.#sendFirst()) return this.#pumpLater();
    }
  }

  /** Sends the first query, or the first short one if a long one must wait. */
  #sendFirst(): boolean {
    let index = 0;
    let link = this.#free(this.#waiting[0]!);
    if (link === null && this.#waiting[0]!.isLong) {
      index = this.#waiting.findIndex((query) => !query.isLong && !query.isAbandoned);
      if (index >= 0) link = this.#free(this.#waiting[index]!);
    }
    if (link === null) return false;
    this.#idle.delete(link);
    this.#send(link, this.#waiting.splice(index, 1)[0]!);
    return true;
  }

  /** Pumps again when a connection may be opened. */
  #pumpLater(): void {
    const pause = this.#reopenAt - systemClock.monotonic();
    if (pause <= 0 || this.#cancelPump !== null) return;
    this.#cancelPump = systemClock.setTimer(() => {
      this.#cancelPump = null;
      this.#pump();
    }, pause);
  }

  /** Returns the connection for the next query; null if the query must wait. */
  #free({ isLong }: PooledQuery): Link | null {
    const heldUp = isLong ? [...this.#all].filter((link) => link.isHeldUp) : [];
    // Short queries, such as heartbeats, always have a connection without a long query.
    const maySpread = heldUp.length < Math.max(1, this.#parts.maxConnections - 1);
    if (maySpread) {
      for (const link of this.#idle) return link;
      if (this.#mayAdd()) return this.#add();
    }
    let best: Link | null = null;
    for (const link of maySpread ? this.#all : heldUp) {
      if (best === null || isQuicker(link, best)) best = link;
    }
    return best !== null && best.load < this.#depth ? best : null;
  }

  /** After a loss, queries rather wait for an open connection than for the pause to end. */
  #mayAdd(): boolean {
    return this.#all.size < this.#parts.maxConnections &&
      (systemClock.monotonic() >= this.#reopenAt || !this.isConnected);
  }

  #add(): Link {
    const { options, sockets } = this.#parts;
    const link = new Link({
      options,
      sockets: { open: () => this.#open(), beside: sockets.beside },
      onRefused: (query, error) => this.#refuse(query, error),
      onLost: (unsent) => this.#lose(link, unsent),
    });
    this.#all.add(link);
    return link;
  }

  async #send(link: Link, query: PooledQuery): Promise<void> {
    const isAnswered = await link.run(query);
    if (isAnswered) this.#failures = 0;
    if (link.load === 0 && this.#all.has(link)) this.#idle.add(link);
    this.#pump();
  }

  /** A server may accept no further connection while it answers over others. */
  #refuse(query: PooledQuery, error: unknown): void {
    this.#refusal = error;
    if (this.#isEnded || !this.isConnected) return query.reject(error);
    query.withdraw();
    this.#waiting.unshift(query);
    this.#pump();
  }

  #lose(link: Link, unsent: readonly PooledQuery[]): void {
    this.#all.delete(link);
    this.#idle.delete(link);
    for (const query of unsent) query.withdraw();
    this.#waiting.unshift(...unsent);
    this.#reopenAt = systemClock.monotonic() + pauseMs(this.#failures++);
    this.#pump();
  }

  async #open(): Promise<Socket> {
    const pause = this.#reopenAt - systemClock.monotonic();
    if (pause > 0) {
      await new Promise<void>((resolve) => systemClock.setTimer(resolve, pause));
    }
    return await this.#parts.sockets.open();
  }
}

/** Reports whether a query is likely to be answered sooner over `one` connection than the other. */
function isQuicker(one: Link, other: Link): boolean {
  return one.isHeldUp === other.isHeldUp ? one.load < other.load : other.isHeldUp;
}

/**
 * Returns the pause before a connection is opened after losses, in milliseconds. It is much shorter
 * than a lease, so that a restart of the server costs no lease. The default of postgres.js is up to
 * 20 s.
 */
export function pauseMs(failures: number): number {
  return Math.min(1_000, 50 * 2 ** failures);
}

function poolEnded(): Error {
  return Object.assign(new Error("the storage is closed"), { code: "CONNECTION_ENDED" });
}

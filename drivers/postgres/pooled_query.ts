// A query of the storage's own pool, which may wait for a connection before postgres.js gets it.

import type { QueryOptions } from "./connection.ts";
import type { Query } from "./query_limit.ts";

type Rows = readonly object[];

/** A connection that runs a query. */
export interface Carrier {
  /** Requests the cancellation of a query of postgres.js. */
  cancel(sent: Query): PromiseLike<unknown> | undefined;
  /** Takes back a query that was not sent yet, if it can. */
  takeBack(query: PooledQuery): void;
}

/** A query. Its promise settles with the answer, or when its connection is lost. */
export class PooledQuery implements Query {
  readonly text: string;
  readonly parameters: (string | null)[];
  readonly options: QueryOptions;
  readonly #settled: Promise<Rows>;
  #resolve!: (rows: Rows) => void;
  #reject!: (error: unknown) => void;
  #sent: Query | null = null;
  #carrier: Carrier | null = null;
  #isAbandoned = false;

  constructor(text: string, parameters: (string | null)[], options: QueryOptions) {
    this.text = text;
    this.parameters = parameters;
    this.options = options;
    this.#settled = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** The connection that has the query; null while the query waits for one. */
  get carrier(): Carrier | null {
    return this.#carrier;
  }

  /** Whether the answer is no longer wanted. */
  get isAbandoned(): boolean {
    return this.#isAbandoned;
  }

  /** Whether the query may delay the queries behind it for long. */
  get isLong(): boolean {
    const { patience = "short" } = this.options;
    return patience !== "short";
  }

  get state(): { readonly pid: number } | null {
    return this.#sent?.state ?? null;
  }

  get active(): boolean {
    return this.#sent?.active ?? false;
  }

  get canceller(): (() => PromiseLike<unknown> | undefined) | null {
    const [carrier, sent] = [this.#carrier, this.#sent];
    return carrier && sent && (() => carrier.cancel(sent));
  }

  /** Stores the query of postgres.js that a connection runs for this one. */
  sentOver(carrier: Carrier, sent: Query): void {
    this.#carrier = carrier;
    this.#sent = sent;
  }

  /** Makes the query wait for another connection. */
  withdraw(): void {
    this.#carrier = null;
    this.#sent = null;
  }

  /** Settles the query with its answer. */
  resolve(rows: Rows): void {
    this.#resolve(rows);
  }

  /** Settles the query with an error. */
  reject(error: unknown): void {
    this.#reject(error);
  }

  /** Rejects the query. It is not sent any more, unless a connection is being opened for it. */
  abandon(error: unknown): void {
    this.#isAbandoned = true;
    this.#reject(error);
    this.#carrier?.takeBack(this);
  }

  then<Result = Rows, Failure = never>(
    onAnswer?: ((rows: Rows) => Result | PromiseLike<Result>) | null,
    onError?: ((error: unknown) => Failure | PromiseLike<Failure>) | null,
  ): Promise<Result | Failure> {
    return this.#settled.then(onAnswer, onError);
  }
}

// Runs statements on the storage's own pool, on the user's postgres.js instance or transaction, or
// in a transaction of a query builder.

import { hidden } from "../../src/guards/argument_checks.ts";
import { InvalidArgumentError } from "../../src/guards/errors.ts";
import { lostAnswer } from "./errors.ts";

/** The timeout of a statement. */
export type Patience =
  /** The usual timeout. */
  | "short"
  /** A longer timeout, for statements that may read many rows. */
  | "long"
  /** No timeout, once there is a connection. */
  | "endless";

/** The options of a query of the storage. */
export interface QueryOptions {
  /** Whether the statement is prepared. */
  readonly prepare?: boolean;
  /**
   * The timeout, for the storage's own pool, which runs short queries over other connections than
   * long ones.
   * @default "short"
   */
  readonly patience?: Patience;
}

/** Runs one statement with text parameters and returns its rows. */
export type RunStatement = (
  text: string,
  parameters: readonly (string | null)[],
  patience?: Patience,
) => PromiseLike<readonly object[]>;

/**
 * Returns the only row of an answer; undefined if the answer was lost with its connection. `rows`
 * may begin with empty elements: postgres.js adds them if the connection was lost while it received
 * the previous answer.
 */
export function onlyRow(rows: readonly object[]): object | undefined {
  return rows.at(-1);
}

/**
 * Returns the value of an answer that has one row with one value.
 *
 * @throws {StorageError} If the answer was lost with its connection.
 */
export function onlyValue(rows: readonly object[]): unknown {
  const row = onlyRow(rows);
  if (row === undefined) throw lostAnswer("a query");
  return Object.values(row)[0];
}

/** The parts of a postgres.js `sql` or transaction that the driver needs. */
export interface PostgresJsLike {
  /** Runs SQL text with parameters. */
  unsafe(
    text: string,
    parameters?: (string | null)[],
    options?: { prepare?: boolean },
  ): PromiseLike<readonly object[]>;
}

/** The part of a postgres.js instance, as created by `postgres(url)`, that this driver uses. */
export interface PostgresClient extends PostgresJsLike {
  /**
   * Listens on a channel over a separate connection, which reconnects after a loss.
   *
   * @param onListening Called each time that listening begins.
   */
  listen(
    channel: string,
    onMessage: (payload: string) => void,
    onListening: () => void,
  ): Promise<{ unlisten(): Promise<unknown> }>;
}

/**
 * Any other way to run a statement in the caller's transaction, such as a client of node-postgres.
 */
export interface QueryLike {
  /** Runs SQL text, in which `$1` is the first parameter, and returns its rows. */
  query(
    text: string,
    parameters: (string | null)[],
  ): PromiseLike<readonly object[] | { readonly rows: readonly object[] }>;
}

/** A drizzle-orm database or transaction over postgres.js. */
export interface DrizzleLike {
  /** The place where drizzle stores the session, which has the client. */
  readonly _: { readonly session: object };
}

/** A kysely instance or transaction. */
export interface KyselyLike {
  /** Runs a compiled query. */
  // deno-lint-ignore no-explicit-any -- the parameter type of kysely's method is not available here
  executeQuery(query: any): Promise<{ readonly rows: readonly unknown[] }>;
}

/**
 * The types of the option `connection`: a postgres.js transaction (the argument of the callback of
 * `sql.begin`), a drizzle-orm transaction over postgres.js, a kysely transaction, a node-postgres
 * client, or any object with `query(text, parameters)`.
 */
export type PostgresConnection = PostgresJsLike | DrizzleLike | KyselyLike | QueryLike;

/** Returns a function that runs statements on a postgres.js instance or transaction. */
export function runOn(sql: PostgresJsLike, prepare: boolean): RunStatement {
  return (text, parameters) => sql.unsafe(text, [...parameters], { prepare });
}

/**
 * Returns a function that runs statements in the caller's transaction.
 *
 * @throws {InvalidArgumentError} If the type of `connection` is unknown.
 */
export function runInTransaction(connection: unknown, prepare: boolean): RunStatement {
  if (hasMethod(connection, "unsafe")) {
    return runOn(connection as unknown as PostgresJsLike, prepare);
  }
  const drizzleClient = (connection as { _?: { session?: { client?: unknown } } } | null)?._
    ?.session?.client;
  if (hasMethod(drizzleClient, "unsafe")) {
    return runOn(drizzleClient as unknown as PostgresJsLike, prepare);
  }
  if (hasMethod(connection, "executeQuery")) return runOnKysely(connection as KyselyLike);
  if (hasMethod(connection, "query")) {
    const { query } = connection as QueryLike;
    return async (text, parameters) => {
      const result = await query.call(connection, text, [...parameters]);
      return "rows" in result ? result.rows : result;
    };
  }
  throw new InvalidArgumentError(
    "connection",
    hidden(connection),
    "be a transaction of postgres.js (what sql.begin passes), of drizzle-orm over postgres.js, of kysely, " +
      "or an object with query(text, parameters)",
  );
}

/** Runs raw SQL as kysely's `CompiledQuery.raw` does, which this package cannot import. */
function runOnKysely(kysely: KyselyLike): RunStatement {
  return async (text, parameters) => {
    const query = { kind: "RawNode", sqlFragments: [text], parameters: [] };
    const queryId = { queryId: "evertask" };
    const { rows } = await kysely.executeQuery({ sql: text, parameters, query, queryId });
    return rows as readonly object[];
  };
}

function hasMethod(value: unknown, name: string): boolean {
  return (typeof value === "object" || typeof value === "function") && value !== null &&
    typeof (value as Record<string, unknown>)[name] === "function";
}

// The ways to run one statement: on the storage's own pool, on a postgres.js instance or
// transaction of the user's, or in a transaction of a query builder that sits on top of one.

import { hidden } from "../../src/guards/argument_checks.ts";
import { InvalidArgumentError } from "../../src/guards/errors.ts";

/** How much time a statement may take. */
export type Patience =
  /** As long as most of them do. */
  | "short"
  /** It may go through many rows. */
  | "long"
  /** As long as it takes, once there is a connection for it. */
  | "endless";

/** Runs one statement with text parameters and returns its rows. */
export type RunStatement = (
  text: string,
  parameters: readonly (string | null)[],
  patience?: Patience,
) => PromiseLike<readonly object[]>;

/**
 * The row of an answer that has one; undefined when the answer was lost with its connection.
 * postgres.js leaves places empty before the row when the connection was lost in the middle of the
 * answer before it.
 */
export function onlyRow(rows: readonly object[]): object | undefined {
  return rows.at(-1);
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

/** A postgres.js instance, as `postgres(url)` makes it: what this driver uses of it. */
export interface PostgresClient extends PostgresJsLike {
  /**
   * Listens on a channel, over a separate connection that reconnects and listens again after a
   * loss.
   *
   * @param onListening Called each time that it begins.
   */
  listen(
    channel: string,
    onMessage: (payload: string) => void,
    onListening: () => void,
  ): Promise<{ unlisten(): Promise<unknown> }>;
}

/**
 * Any other way to run a statement in the caller's transaction: what node-postgres clients have, or
 * three lines of one's own.
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
  /** Where drizzle keeps the session, and with it the client. */
  readonly _: { readonly session: object };
}

/** A kysely instance or transaction. */
export interface KyselyLike {
  /** Runs a compiled query. */
  // deno-lint-ignore no-explicit-any -- a method of kysely's, whose parameter type this package does not know
  executeQuery(query: any): Promise<{ readonly rows: readonly unknown[] }>;
}

/**
 * What `connection` may be, for tasks that are to exist only if the caller commits: a postgres.js
 * transaction (what `sql.begin` passes), a drizzle-orm transaction over postgres.js, a kysely
 * transaction, a node-postgres client, or anything else with a `query(text, parameters)`.
 */
export type PostgresConnection = PostgresJsLike | DrizzleLike | KyselyLike | QueryLike;

/** Statements on a postgres.js instance or transaction. */
export function runOn(sql: PostgresJsLike, prepare: boolean): RunStatement {
  return (text, parameters) => sql.unsafe(text, [...parameters], { prepare });
}

/**
 * Statements in the caller's transaction.
 *
 * @throws {InvalidArgumentError} If it is nothing that this driver knows.
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

/** Runs raw SQL the way kysely's own `CompiledQuery.raw` does, which this package cannot import. */
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

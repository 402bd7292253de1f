// The one place where the database package is loaded. Its types come from @types/mssql and are needed by compilers only.

// @ts-types="@types/mssql"
import sql from "mssql";
import { InvalidArgumentError } from "../../src/errors.ts";

export { sql };

/** A typed value for a procedure or a query. */
export interface Parameter {
  readonly type: sql.ISqlType;
  readonly value: unknown;
}

/** Parameters by name, without the `@`. */
export type Parameters = Readonly<Record<string, Parameter>>;

/** A JSON document or another text without a bound. */
export function text(value: string | null): Parameter {
  return { type: sql.NVarChar(sql.MAX), value };
}

/** A batch as one JSON document. */
export function json(value: unknown): Parameter {
  return text(JSON.stringify(value));
}

/** A name: a text with a bound. */
export function name(value: string | null, length: number): Parameter {
  return { type: sql.NVarChar(length), value };
}

/** A task's id. */
export function id(value: string): Parameter {
  return { type: sql.UniqueIdentifier(), value };
}

/** A 32-bit integer. */
export function int(value: number | null): Parameter {
  return { type: sql.Int(), value };
}

/** A 64-bit integer. */
export function bigInt(value: number | null): Parameter {
  return { type: sql.BigInt(), value };
}

/** A number with fractions. */
export function float(value: number | null): Parameter {
  return { type: sql.Float(), value };
}

/** A truth value. */
export function bit(value: boolean): Parameter {
  return { type: sql.Bit(), value };
}

/** An instant. */
export function instant(value: Date | null): Parameter {
  return { type: sql.DateTimeOffset(3), value };
}

/** What makes requests: a pool or a transaction. */
export interface RequestMaker {
  request(): sql.Request;
}

/**
 * Accepts the caller's transaction. It is known by what it can do, since a program may have more than one copy of mssql.
 *
 * @throws {InvalidArgumentError} If it is none.
 */
export function toTransaction(connection: unknown): RequestMaker {
  const candidate = connection as Partial<sql.Transaction> | null;
  if (
    typeof candidate?.request === "function" && typeof candidate.commit === "function"
  ) {
    return candidate as sql.Transaction;
  }
  throw new InvalidArgumentError(
    "connection",
    connection,
    "be a Transaction of mssql that has begun",
  );
}

/** A transaction whose requests may take as long as they need. The types leave this option out. */
export function unlimitedTransaction(pool: sql.ConnectionPool): sql.Transaction {
  return (pool as unknown as UnlimitedPool).transaction({ requestTimeout: 0 });
}

interface UnlimitedPool {
  transaction(options: { requestTimeout: number }): sql.Transaction;
}

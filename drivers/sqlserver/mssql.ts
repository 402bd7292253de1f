// The one place where the database package is loaded, and how typed parameters are made for it.

import mssql from "mssql";
import { hidden } from "../../src/argument_checks.ts";
import { InvalidArgumentError } from "../../src/errors.ts";
import type {
  Mssql,
  SqlServerPool,
  SqlServerRequest,
  SqlServerRequestOptions,
  SqlServerTransaction,
  SqlTable,
  SqlType,
} from "./mssql_api.ts";

/** The package, with the types that the driver needs. */
export const sql: Mssql = mssql;

/** A typed value for a procedure or a query; a table's rows for a procedure. */
export type Parameter = TypedValue | Rows;

/** A value and its type. */
export interface TypedValue {
  readonly type: SqlType;
  readonly value: unknown;
}

/** Rows for a parameter of one of our table types. */
export interface Rows {
  readonly tableType: TableType<string>;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** A table type of sql/sqlserver/0004_types.sql: its name, and its columns in order. */
export interface TableType<Column extends string> {
  readonly name: string;
  readonly columns: Readonly<Record<Column, () => SqlType>>;
}

/** Parameters by name, without the `@`. */
export type Parameters = Readonly<Record<string, Parameter>>;

/** Rows of a table type. */
export function rowsOf<Column extends string>(
  tableType: TableType<Column>,
  rows: readonly Readonly<Record<Column, unknown>>[],
): Rows {
  return { tableType, rows };
}

/** Whether a parameter is rows. */
export function isRows(parameter: Parameter): parameter is Rows {
  return "rows" in parameter;
}

/** Gives a request its parameters. */
export function addInputs(request: SqlServerRequest, parameters: Parameters, schema: string): void {
  for (const [name, parameter] of Object.entries(parameters)) {
    if (isRows(parameter)) request.input(name, toTable(parameter, schema));
    else request.input(name, parameter.type, parameter.value);
  }
}

function toTable({ tableType, rows }: Rows, schema: string): SqlTable {
  const table = new sql.Table(`[${schema}].[${tableType.name}]`);
  const columns = Object.keys(tableType.columns);
  for (const column of columns) table.columns.add(column, tableType.columns[column]!(), {});
  for (const row of rows) table.rows.push(columns.map((column) => row[column]));
  return table;
}

/** A text without a bound. */
export function text(value: string | null): Parameter {
  return { type: sql.NVarChar(sql.MAX), value };
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
  request(options?: SqlServerRequestOptions): SqlServerRequest;
}

/**
 * Accepts the caller's transaction. It is known by what it can do, since a program may have more than one copy of mssql.
 *
 * @throws {InvalidArgumentError} If it is none.
 */
export function toTransaction(connection: unknown): RequestMaker {
  const candidate = connection as Partial<SqlServerTransaction> | null;
  if (
    typeof candidate?.request === "function" && typeof candidate.commit === "function"
  ) {
    return candidate as SqlServerTransaction;
  }
  throw new InvalidArgumentError(
    "connection",
    hidden(connection),
    "be a Transaction of mssql that has begun",
  );
}

/** A transaction whose requests may take as long as they need. */
export function unlimitedTransaction(pool: SqlServerPool): SqlServerTransaction {
  const transaction: (options: object) => SqlServerTransaction = pool.transaction.bind(pool);
  return transaction({ requestTimeout: 0 });
}

// Typed parameters of procedures and queries, and their conversion for mssql.

import { hidden } from "../../src/guards/argument_checks.ts";
import { InvalidArgumentError } from "../../src/guards/errors.ts";
import type {
  Mssql,
  SqlServerPool,
  SqlServerRequest,
  SqlServerRequestOptions,
  SqlServerTransaction,
  SqlTable,
} from "./mssql_api.ts";
import * as types from "./sql_types.ts";

/** A typed value for a procedure or a query, or the rows of a table-valued parameter. */
export type Parameter = TypedValue | Rows;

/** A value and its type. */
export interface TypedValue {
  readonly type: types.SqlTypeMaker;
  readonly value: unknown;
}

/** The rows of a table-valued parameter. */
export interface Rows {
  readonly tableType: TableType<string>;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** A table type of sql/sqlserver/0004_types.sql, with its name and its columns in order. */
export interface TableType<Column extends string> {
  readonly name: string;
  readonly columns: Readonly<Record<Column, types.SqlTypeMaker>>;
}

/** Parameters by name, without the `@`. */
export type Parameters = Readonly<Record<string, Parameter>>;

/** Creates rows of a table type. */
export function rowsOf<Column extends string>(
  tableType: TableType<Column>,
  rows: readonly Readonly<Record<Column, unknown>>[],
): Rows {
  return { tableType, rows };
}

/** Reports whether a parameter has rows. */
export function isRows(parameter: Parameter): parameter is Rows {
  return "rows" in parameter;
}

/** Adds parameters to a request. */
export function addInputs(
  request: SqlServerRequest,
  parameters: Parameters,
  schema: string,
  mssql: Mssql,
): void {
  for (const [name, parameter] of Object.entries(parameters)) {
    if (isRows(parameter)) request.input(name, toTable(parameter, schema, mssql));
    else request.input(name, parameter.type(mssql), parameter.value);
  }
}

function toTable({ tableType, rows }: Rows, schema: string, mssql: Mssql): SqlTable {
  const table = new mssql.Table(`[${schema}].[${tableType.name}]`);
  const columns = Object.keys(tableType.columns);
  for (const column of columns) table.columns.add(column, tableType.columns[column]!(mssql), {});
  for (const row of rows) table.rows.push(columns.map((column) => row[column]));
  return table;
}

/** Creates a parameter for a string of any length. */
export function text(value: string | null): Parameter {
  return { type: types.text, value };
}

/** Creates a parameter for a string of limited length. */
export function name(value: string | null, length: number): Parameter {
  return { type: types.name(length), value };
}

/** Creates a parameter for a task's id. */
export function id(value: string): Parameter {
  return { type: types.id, value };
}

/** Creates a parameter for a 32-bit integer. */
export function int(value: number | null): Parameter {
  return { type: types.int, value };
}

/** Creates a parameter for a 64-bit integer. */
export function bigInt(value: number | null): Parameter {
  return { type: types.bigInt, value };
}

/** Creates a parameter for a floating-point number. */
export function float(value: number | null): Parameter {
  return { type: types.float, value };
}

/** Creates a parameter for a boolean. */
export function bit(value: boolean): Parameter {
  return { type: types.bit, value };
}

/** Creates a parameter for at most `length` bytes. */
export function binary(value: unknown, length: number): Parameter {
  return { type: types.binary(length), value };
}

/** Creates a parameter for an instant. */
export function instant(value: Date | null): Parameter {
  return { type: types.instant, value };
}

/** A pool or a transaction, which creates requests. */
export interface RequestMaker {
  request(options?: SqlServerRequestOptions): SqlServerRequest;
}

/**
 * Checks the caller's transaction. A transaction is recognised by its methods: `instanceof` would
 * fail in a program with several copies of mssql.
 *
 * @throws {InvalidArgumentError} If it is not a transaction.
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

/** Creates a transaction whose requests have no timeout. */
export function unlimitedTransaction(pool: SqlServerPool): SqlServerTransaction {
  const transaction: (options: object) => SqlServerTransaction = pool.transaction.bind(pool);
  return transaction({ requestTimeout: 0 });
}

// The one place where the database package is loaded. Its types come from @types/mssql and are needed by compilers only.

// @ts-types="@types/mssql"
import sql from "mssql";
import { InvalidArgumentError } from "../../src/errors.ts";

export { sql };

/** A typed value for a procedure or a query; a table's rows for a procedure. */
export type Parameter = TypedValue | Rows;

/** A value and its type. */
export interface TypedValue {
  readonly type: sql.ISqlType;
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
  readonly columns: Readonly<Record<Column, () => sql.ISqlType>>;
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
export function addInputs(request: sql.Request, parameters: Parameters, schema: string): void {
  for (const [name, parameter] of Object.entries(parameters)) {
    if (isRows(parameter)) request.input(name, toTable(parameter, schema));
    else request.input(name, parameter.type, parameter.value);
  }
}

function toTable({ tableType, rows }: Rows, schema: string): sql.Table {
  const table = new sql.Table(`[${schema}].[${tableType.name}]`);
  const columns = Object.keys(tableType.columns);
  for (const column of columns) table.columns.add(column, tableType.columns[column]!(), {});
  for (const row of rows) table.rows.push(columns.map((column) => row[column]) as sql.IRow);
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

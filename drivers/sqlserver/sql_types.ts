// The data types of parameters and columns. mssql compares types by identity, so each is created
// from the copy of mssql that sends it.

import type { Mssql, SqlType } from "./mssql_api.ts";

/** Creates a data type. */
export type SqlTypeMaker = (mssql: Mssql) => SqlType;

/** A 16-bit integer. */
export const smallInt: SqlTypeMaker = (mssql) => mssql.SmallInt();
/** A 32-bit integer. */
export const int: SqlTypeMaker = (mssql) => mssql.Int();
/** A 64-bit integer. */
export const bigInt: SqlTypeMaker = (mssql) => mssql.BigInt();
/** A floating-point number. */
export const float: SqlTypeMaker = (mssql) => mssql.Float();
/** A boolean. */
export const bit: SqlTypeMaker = (mssql) => mssql.Bit();
/** A task's id. */
export const id: SqlTypeMaker = (mssql) => mssql.UniqueIdentifier();
/** At most `length` bytes. */
export const binary = (length: number): SqlTypeMaker => (mssql) => mssql.VarBinary(length);
/** An instant, to the millisecond. */
export const instant: SqlTypeMaker = (mssql) => mssql.DateTimeOffset(3);
/** An instant as text, for the columns of table types. */
export const instantText: SqlTypeMaker = (mssql) => mssql.VarChar(30);
/** A string of any length. */
export const text: SqlTypeMaker = (mssql) => mssql.NVarChar(mssql.MAX);
/** A string of at most `length` UTF-16 code units. */
export const name = (length: number): SqlTypeMaker => (mssql) => mssql.NVarChar(length);

/** Returns the name of a column of the table Activity, such as `RunMsMax` for `run_ms_max`. */
export function figureColumn(column: string): string {
  return column.replace(/(?:^|_)(.)/g, (_, first: string) => first.toUpperCase());
}

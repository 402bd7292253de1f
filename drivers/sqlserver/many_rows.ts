// Inserts and deletes many rows with few statements. Values are parameters. A statement may have
// 2,100 parameters:
// https://learn.microsoft.com/sql/sql-server/maximum-capacity-specifications-for-sql-server

import type { SqlServerDatabase } from "./database.ts";
import type { Parameter, RequestMaker } from "./mssql.ts";
import type { SqlTypeMaker } from "./sql_types.ts";

/** The types of columns by name. */
export type ColumnTypes = Readonly<Record<string, SqlTypeMaker>>;

/** A transaction of a database. */
export interface OpenTransaction {
  readonly database: SqlServerDatabase;
  readonly transaction: RequestMaker;
}

const mostParameters = 2000;

/** The maximum number of rows after VALUES. */
const mostRows = 1000;

/**
 * Inserts rows.
 *
 * @param computed Further columns. Each function returns SQL from the names of a row's parameters.
 */
export async function insertRows<Column extends string>(
  { database, transaction }: OpenTransaction,
  table: string,
  columns: Readonly<Record<Column, SqlTypeMaker>>,
  rows: readonly Readonly<Record<NoInfer<Column>, unknown>>[],
  computed: Readonly<Record<string, (parameters: Record<string, string>) => string>> = {},
): Promise<void> {
  const names = Object.keys(columns) as Column[];
  const rowsAtATime = Math.min(mostRows, Math.floor(mostParameters / names.length));
  const all = [...names, ...Object.keys(computed)].map((name) => `[${name}]`).join(", ");
  for (let first = 0; first < rows.length; first += rowsAtATime) {
    const parameters: Record<string, Parameter> = {};
    const values = rows.slice(first, first + rowsAtATime).map((row, index) => {
      const given: Record<string, string> = {};
      for (const name of names) {
        parameters[`${name}${index}`] = { type: columns[name], value: row[name] };
        given[name] = `@${name}${index}`;
      }
      const others = Object.values(computed).map((expression) => expression(given));
      return `(${[...Object.values(given), ...others].join(", ")})`;
    });
    const text = `INSERT INTO [EverTask].[${table}] (${all}) VALUES ${values.join(", ")};`;
    await database.queryIn(transaction, text, parameters);
  }
}

/** Deletes the rows in which a column has one of the values. */
export async function deleteRows(
  { database, transaction }: OpenTransaction,
  table: string,
  column: string,
  type: SqlTypeMaker,
  values: readonly unknown[],
): Promise<void> {
  for (let first = 0; first < values.length; first += mostRows) {
    const some = values.slice(first, first + mostRows);
    const parameters = Object.fromEntries(
      some.map((value, index) => [`Value${index}`, { type, value }]),
    );
    const list = some.map((_, index) => `@Value${index}`).join(", ");
    const text = `DELETE FROM [EverTask].[${table}] WHERE [${column}] IN (${list});`;
    await database.queryIn(transaction, text, parameters);
  }
}

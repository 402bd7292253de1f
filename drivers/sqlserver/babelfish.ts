// Sends batches to Babelfish. Its table-valued parameters reuse the rows of a connection's first
// call in all later calls, and misread an apostrophe in a string as the end of a literal (both seen
// with 4.3). Its OPENJSON does not decode escapes. Therefore batches are inserted into a variable
// of the same table type in the statement that calls the procedure. Values are parameters, each
// distinct value once, and numbers are literals.

import type { Recordsets } from "./recordsets.ts";
import { isRows, type Parameter, type RequestMaker, type Rows } from "./mssql.ts";
import type { Mssql } from "./mssql_api.ts";
import type { SqlTypeMaker } from "./sql_types.ts";

/** A call of a procedure. */
export interface Call {
  readonly procedure: string;
  readonly schema: string;
  readonly parameters: Readonly<Record<string, Parameter>>;
  /** The copy of mssql that sends the call. */
  readonly mssql: Mssql;
}

/**
 * The maximum number of parameters. A request can have 2100 parameters, and needs two of them
 * itself.
 */
const mostParameters = 2000;

/** Reports whether a call has rows. */
export function hasRows({ parameters }: Call): boolean {
  return Object.values(parameters).some(isRows);
}

/**
 * Calls a procedure with rows.
 *
 * @param inTransaction Runs work in a transaction. Needed because rows with more values than one
 * request can have are sent in several requests.
 */
export async function callOnBabelfish(
  call: Call,
  maker: RequestMaker,
  inTransaction: (work: (maker: RequestMaker) => Promise<Recordsets>) => Promise<Recordsets>,
): Promise<Recordsets> {
  const whole = makeRequest(call, maker);
  if (whole !== null) return await whole;
  return await inTransaction(async (transaction) => {
    const send = async (part: Call): Promise<Recordsets> => {
      const whole = makeRequest(part, transaction);
      if (whole !== null) return await whole;
      const [first, second] = halve(part);
      const answers = [await send(first), await send(second)];
      return answers[0]!.map((rows, index) => [...rows, ...answers[1]![index]!]);
    };
    return await send(call);
  });
}

/** Creates the request of a call; returns null if the values do not fit into one request. */
function makeRequest(call: Call, maker: RequestMaker): Promise<Recordsets> | null {
  const { procedure, schema, parameters, mssql } = call;
  const request = maker.request();
  const names = new Map<string, string>();
  const valueOf = (type: SqlTypeMaker, value: unknown): string => {
    if (value === null || value === undefined) return "NULL";
    if (typeof value === "number") return String(value);
    if (typeof value === "boolean") return value ? "1" : "0";
    const key = `${typeof value}:${value}`;
    let name = names.get(key);
    if (name === undefined) {
      name = `V${names.size}`;
      names.set(key, name);
      if (names.size <= mostParameters) request.input(name, type(mssql), value);
    }
    return `@${name}`;
  };
  const fill: string[] = [];
  const args: string[] = [];
  for (const [name, parameter] of Object.entries(parameters)) {
    args.push(`@${name} = @${name}`);
    if (!isRows(parameter)) {
      request.input(name, parameter.type(mssql), parameter.value);
      continue;
    }
    const { tableType: { name: typeName, columns }, rows } = parameter;
    fill.push(`DECLARE @${name} [${schema}].[${typeName}];`);
    if (rows.length === 0) continue;
    const tuples = rows.map((row) =>
      `(${Object.entries(columns).map(([column, type]) => valueOf(type, row[column])).join(", ")})`
    );
    const list = Object.keys(columns).map((column) => `[${column}]`).join(", ");
    fill.push(`INSERT INTO @${name} (${list}) VALUES ${tuples.join(",\n")};`);
  }
  if (names.size > mostParameters) return null;
  const text = `${fill.join("\n")}\nEXEC [${schema}].[${procedure}] ${args.join(", ")};`;
  return request.query(text).then(({ recordsets }) => recordsets as Recordsets);
}

/**
 * Splits a call into two calls with half of the rows each. Rows with the same ordinal stay
 * together.
 */
function halve(call: Call): [Call, Call] {
  const ordinals = Object.values(call.parameters).filter(isRows)
    .flatMap(({ rows }) => rows.map(({ Ordinal }) => Ordinal as number));
  const sorted = [...new Set(ordinals)].sort((a, b) => a - b);
  const middle = sorted[sorted.length >> 1]!;
  const part = (belongs: (ordinal: number) => boolean): Call => ({
    ...call,
    parameters: Object.fromEntries(
      Object.entries(call.parameters).map(([name, parameter]) => [
        name,
        isRows(parameter) ? withRows(parameter, belongs) : parameter,
      ]),
    ),
  });
  return [part((ordinal) => ordinal < middle), part((ordinal) => ordinal >= middle)];
}

function withRows(parameter: Rows, belongs: (ordinal: number) => boolean): Rows {
  return { ...parameter, rows: parameter.rows.filter(({ Ordinal }) => belongs(Ordinal as number)) };
}

// A driver and the retry presets agree on every code, except the few that are transient only for
// the driver's own calls.

import { assertEquals } from "@std/assert";
import { isTransientDatabaseError } from "../../mod.ts";
import { toStorageError as fromPostgres } from "../../drivers/postgres/errors.ts";
import { toStorageError as fromSqlite } from "../../drivers/sqlite/errors.ts";
import { toStorageError as fromSqlServer } from "../../drivers/sqlserver/errors.ts";
import { StorageError } from "../../src/storage/errors.ts";

/**
 * The classes of PostgreSQL's errors,
 * https://www.postgresql.org/docs/current/errcodes-appendix.html.
 */
const classes = [
  ...["00", "03", "08", "0A", "0L", "0P", "20", "21", "22", "23", "24", "25", "26", "28", "2B"],
  ...["2D", "34", "38", "3D", "3F", "40", "42", "53", "54", "55", "57", "58", "72", "F0", "HV"],
  ...["P0", "XX"],
];
const subclasses = [
  ...["000", "001", "002", "003", "004", "006", "007", "014", "030", "100", "200", "300", "400"],
  ...["501", "505", "P01", "P02", "P03", "P04", "P05"],
];
const sqlStates = classes.flatMap((each) => subclasses.map((subclass) => each + subclass));

const clientCodes = [
  ...["CONNECTION_CLOSED", "CONNECTION_ENDED", "CONNECTION_DESTROYED", "CONNECT_TIMEOUT"],
  ...["ECONNREFUSED", "ECONNRESET", "EPIPE", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETDOWN"],
  ...["ESOCKET", "ETIMEOUT", "ECLOSE", "ECONNCLOSED", "EINSTLOOKUP", "ERR_SOCKET_CLOSED"],
  ...["ELOGIN", "EREQUEST", "EPARAM", "EACCES", "ENOENT", "SASL_SIGNATURE_MISMATCH", ""],
];

/** Whole numbers, from the first to the last. */
function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

const numbers = [
  ...[range(-3, 1300), range(2590, 2630), range(3900, 4300), range(8600, 8660), range(9000, 9030)],
  ...[range(10_000, 11_010), range(17_140, 17_190), range(40_000, 40_700), range(49_800, 49_930)],
].flat();

/** Returns the values of a field on which the driver and the preset disagree. */
function disagreements<Value>(
  toStorageError: (error: unknown) => Error,
  field: string,
  values: Iterable<Value>,
): Value[] {
  return Array.from(values).filter((value) => {
    const error = Object.assign(new Error("?"), { [field]: value });
    const stored = toStorageError(error);
    const isTransient = stored instanceof StorageError && stored.transient;
    return isTransient !== isTransientDatabaseError(error);
  });
}

Deno.test("PostgreSQL's driver and the presets agree on each SQLSTATE and each lost connection", () => {
  const values = [...sqlStates, ...clientCodes];
  assertEquals(disagreements(fromPostgres, "code", values), ["23505", "25006"]);
});

Deno.test("SQL Server's driver and the presets agree on each number and each lost connection", () => {
  assertEquals(disagreements(fromSqlServer, "number", numbers), [2601, 2627]);
  const givenUp = ["ECANCEL", "EABORT", "ENOTOPEN"];
  assertEquals(disagreements(fromSqlServer, "code", [...clientCodes, ...givenUp]), givenUp);
});

Deno.test("SQLite's driver and the presets agree on each result code", () => {
  assertEquals(disagreements((error) => fromSqlite(error, "a.db"), "errcode", range(0, 8500)), []);
});

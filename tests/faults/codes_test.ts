// The codes of each database for transient faults, and similar codes of lasting faults.

import { assertEquals } from "@std/assert";
import { type Fault, faultOf } from "../../src/faults/fault.ts";
import { postgresFault } from "../../src/faults/postgres.ts";
import { sqliteFault } from "../../src/faults/sqlite.ts";
import { sqlServerFault } from "../../src/faults/sqlserver.ts";

/** Each fault, and its codes. */
type Table<Code> = Readonly<Record<Fault, readonly Code[]>>;

function assertTable<Code>(faultOfCode: (code: Code) => Fault, table: Table<Code>): void {
  const found: Record<Fault, Code[]> = { unavailable: [], full: [], lasting: [] };
  for (const codes of Object.values(table)) {
    for (const code of codes) found[faultOfCode(code)].push(code);
  }
  assertEquals(found, table as Record<Fault, Code[]>);
}

Deno.test("each SQLSTATE of PostgreSQL's classes with transient errors has its fault", () => {
  assertTable(postgresFault, {
    unavailable: [
      // 08: connection exceptions
      ...["08000", "08001", "08003", "08004", "08006", "08007", "08P01"],
      // 25: sessions that were ended
      ...["25P03", "25P04"],
      // 40: transaction rollback
      ...["40000", "40001", "40003", "40P01"],
      // 53: insufficient resources
      ...["53000", "53200", "53300", "53400"],
      // 55: objects that another session holds
      ...["55006", "55P03"],
      // 57: operator intervention
      ...["57000", "57014", "57P01", "57P02", "57P03", "57P05"],
      // 58: system errors
      ...["58000", "58030"],
      // 72: snapshot failure
      "72000",
    ],
    full: ["53100"],
    lasting: [
      ...["40002", "55000", "55P02", "55P04", "57P04", "58P01", "58P02", "58P03"],
      ...["00000", "0A000", "22P02", "23503", "23505", "25001", "25006", "25P02", "26000", "28P01"],
      ...["3D000", "3F000", "42501", "42601", "42P01", "54000", "P0001", "XX000", "XX001", "XX002"],
      ...["", "08", "0800", "080060", "1080001", "EPIPE", "toString"],
    ],
  });
});

Deno.test("each number of SQL Server has its fault", () => {
  assertTable(sqlServerFault, {
    unavailable: [
      // Locks and versions of rows
      ...[1203, 1204, 1205, 1222, 1232, 3947, 3948, 3950, 3953, 3957, 3960, 3961, 3966],
      ...[41301, 41302, 41305, 41325, 41839],
      // The session or the server ends, is paused or starts
      ...[596, 6005, 6006, 17142, 17147, 17148, 17187, 17809, 18401],
      // Resources of the server
      ...[701, 802, 845, 8628, 8642, 8645, 8651, 9020],
      // The database, and a replica of it
      ...[615, 913, 921, 922, 924, 926, 927, 941, 945, 952, 4060, 49802],
      ...[955, 956, 976, 978, 979, 982, 983, 988, 4221],
      // The network
      ...[-2, 20, 64, 121, 233, 997, 10053, 10054, 10060, 10061, 11001],
      // Azure
      ...[40613, 40197, 40020, 40143, 40166, 40540, 10928, 10929, 10930, 10936, 40189, 40501],
      ...[40642, 40648, 40675, 40903, 49918, 49919, 49920, 42108, 42109],
    ],
    full: [1101, 1105, 1132, 9002, 40544],
    lasting: [
      ...[0, 2, 102, 207, 208, 229, 515, 547, 823, 824, 911, 916, 923, 942, 954, 1206, 2601, 2627],
      ...[2812, 3906, 3908, 8134, 8152, 18456, 18487, 40549, 40550, 40614, 40615, 50000, 51000],
      ...[1205.5, -1205, NaN],
    ],
  });
});

Deno.test("each result code of SQLite has its fault, and extended codes have that of their primary code, with two exceptions", () => {
  const extended = (primary: number, ...numbers: number[]) =>
    numbers.map((number) => primary | number << 8);
  const corrupt = [32, 33]; // SQLITE_IOERR_DATA, SQLITE_IOERR_CORRUPTFS
  const inputErrors = Array.from({ length: 34 }, (_, at) => at + 1)
    .filter((number) => !corrupt.includes(number));
  assertTable(sqliteFault, {
    unavailable: [
      ...[5, ...extended(5, 1, 2, 3)], // SQLITE_BUSY
      ...[6, ...extended(6, 1, 2)], // SQLITE_LOCKED
      7, // SQLITE_NOMEM
      ...[10, ...extended(10, ...inputErrors)], // SQLITE_IOERR
      15, // SQLITE_PROTOCOL
      17, // SQLITE_SCHEMA
    ],
    full: [13],
    lasting: [
      ...[
        0,
        1,
        2,
        3,
        4,
        8,
        9,
        11,
        12,
        14,
        16,
        18,
        19,
        20,
        21,
        22,
        23,
        24,
        25,
        26,
        27,
        28,
        100,
        101,
      ],
      ...extended(1, 1, 2, 3), // SQLITE_ERROR
      ...extended(8, 1, 2, 3, 4, 5, 6), // SQLITE_READONLY
      ...extended(10, ...corrupt),
      ...extended(11, 1, 2, 3), // SQLITE_CORRUPT
      ...extended(14, 1, 2, 3, 4, 5, 6), // SQLITE_CANTOPEN
      ...extended(19, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), // SQLITE_CONSTRAINT
    ],
  });
});

Deno.test("an entry for a code wins over one for its class, and codes without either are lasting", () => {
  const faults = new Map<string, Fault>([["57", "unavailable"], ["57P04", "lasting"]]);
  const found = ["57P03", "57P04", "42P01"].map((code) => faultOf(faults, code, code.slice(0, 2)));
  assertEquals(found, ["unavailable", "lasting", "lasting"]);
});

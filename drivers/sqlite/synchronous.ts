// The setting `synchronous`. It belongs to a connection and is not stored in the file. Workers
// therefore report it when they register.

import { readMember } from "../../src/thrown/reading.ts";
import type { Connection } from "./connection.ts";
import type { SqliteValue } from "./sqlite_library.ts";

const off = 0;

/** Reports whether a connection does not wait for the disk at all. */
export function isSynchronousOff(connection: Connection): boolean {
  return connection.get("PRAGMA synchronous")!.synchronous === off;
}

/** Adds the setting of a connection to the JSON that a worker reports, if the setting is `off`. */
export function withSynchronous(report: string | null, connection: Connection): string | null {
  if (report === null || !isSynchronousOff(connection)) return report;
  return JSON.stringify({ ...JSON.parse(report), synchronous: "off" });
}

/** Reports whether the result of {@linkcode withSynchronous} has the setting `off`. */
export function reportsSynchronousOff(report: SqliteValue | undefined): boolean {
  try {
    return readMember(JSON.parse(String(report)), "synchronous") === "off";
  } catch {
    return false; // a damaged row
  }
}

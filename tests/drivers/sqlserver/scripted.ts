// A storage that is connected to the TDS test server: what the driver sends is seen, and how it is
// answered is up to the test.

import { sqlServerStorage } from "../../../drivers/sqlserver/mod.ts";
import { knownVersion, procedureNames } from "../../../drivers/sqlserver/script.ts";
import { retryTransient } from "../../../src/storage/batching/retry_transient.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { systemClock } from "../../../src/time/clock.ts";
import { type Reply, type TdsRequest, TdsServer } from "../../support/tds_server/server.ts";
import type { ColumnType, Recordset } from "../../support/tds_server/types.ts";

/** The server's clock in these tests. */
export const serverNow = Date.parse("2026-11-22T12:00:00.123Z");

/** What a test has to do with. */
export interface Scripted {
  readonly storage: Storage;
  readonly server: TdsServer;
  /** What was sent since the storage was opened. */
  sent(): readonly TdsRequest[];
}

/** Answers a request. */
export type Answer = (request: TdsRequest) => Reply | Promise<Reply>;

/** Options of {@linkcode withScript}. */
export interface ScriptOptions {
  readonly isBabelfish?: boolean;
  readonly requestTimeout?: number;
  readonly pool?: object;
}

/** Runs work with an opened storage whose requests are answered as told. */
export async function withScript(
  answer: Answer,
  work: (scripted: Scripted) => Promise<void>,
  options: ScriptOptions = {},
): Promise<void> {
  const { isBabelfish = false, requestTimeout = 5_000, pool = {} } = options;
  await using server = new TdsServer({
    answer: (request) => isStateQuery(request) ? schemaState({ isBabelfish }) : answer(request),
  });
  const storage = sqlServerStorage({ ...connectionTo(server), requestTimeout, pool });
  await insist(() => storage.open());
  const before = server.requests.length;
  try {
    await work({ storage, server, sent: () => server.requests.slice(before) });
  } finally {
    await storage.close();
  }
}

/**
 * Does what has to succeed: where requests have very little time, a busy machine lets one fail now
 * and then.
 */
export function insist<T>(action: () => Promise<T>): Promise<T> {
  return retryTransient(systemClock, 60_000, action);
}

/** A plain connection to the test server. */
export function connectionTo(server: TdsServer) {
  return {
    server: "127.0.0.1",
    port: server.port,
    user: "app",
    password: "secret",
    database: "shop",
    options: { encrypt: false },
  };
}

/** Whether it asks for the state of the schema. */
export function isStateQuery({ text }: TdsRequest): boolean {
  return text.includes("[SchemaVersions]") && text.includes("sys.sql_modules");
}

/** What the server says about a schema. */
export interface ScriptedSchema {
  readonly version?: number;
  readonly isBabelfish?: boolean;
  /** Names of procedures. */
  readonly missing?: readonly string[];
  /** The texts of procedures; the user may not see those of others. */
  readonly definitions?: Readonly<Record<string, string>>;
}

/**
 * The state of the schema; of the version that the code knows and complete, unless told otherwise.
 */
export function schemaState(
  { version = knownVersion, isBabelfish = false, missing = [], definitions = {} }: ScriptedSchema =
    {},
): Reply {
  const general = { Version: "int", IsBabelfish: "int", Now: "instant" } as const;
  const procedures = { Procedure: "text", Definition: "text" } as const;
  const present = procedureNames.filter((name) => !missing.includes(name));
  return {
    recordsets: [
      rows(general, [version, isBabelfish ? 1 : 0, serverNow]),
      rows(
        procedures,
        ...present.map((name) => [name, definitions[name] ?? null]),
      ),
    ],
  };
}

/** Columns, written as `name type, name type`. */
export function columns(text: string): Record<string, ColumnType> {
  return Object.fromEntries(text.split(",").map((column) => column.trim().split(" ")));
}

/** A recordset. */
export function rows(
  columns: Readonly<Record<string, ColumnType>>,
  ...values: readonly (readonly unknown[])[]
): Recordset {
  return { columns, rows: values };
}

/** The answer to a status change. */
export const applied: Reply = { recordsets: [rows({ Applied: "int" }, [1])] };

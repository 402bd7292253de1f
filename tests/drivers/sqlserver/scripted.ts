// Connects a storage to the TDS test server: the test sees each request of the driver and writes
// the reply.

import { sqlServerStorage } from "../../../drivers/sqlserver/mod.ts";
import { knownVersion, procedureNames } from "../../../drivers/sqlserver/script.ts";
import * as tableTypes from "../../../drivers/sqlserver/table_types.ts";
import { retryTransient } from "../../../src/storage/batching/retry_transient.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { systemClock } from "../../../src/time/clock.ts";
import { type Reply, type TdsRequest, TdsServer } from "../../support/tds_server/server.ts";
import type { ColumnType, Recordset } from "../../support/tds_server/types.ts";

/** The server's clock in these tests. */
export const serverNow = Date.parse("2026-11-22T12:00:00.123Z");

/** What {@linkcode withScript} passes to a test. */
export interface Scripted {
  readonly storage: Storage;
  readonly server: TdsServer;
  /** Returns the requests since the storage was opened. */
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

/** Runs `work` with an open storage, and answers its requests with `answer`. */
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
 * Retries `action` until it succeeds: with a short request timeout, a busy machine lets a request
 * fail now and then.
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

/** Reports whether a request reads the state of the schema. */
export function isStateQuery({ text }: TdsRequest): boolean {
  return text.includes("[SchemaVersions]") && text.includes("sys.sql_modules");
}

/** A schema, as the server describes it. */
export interface ScriptedSchema {
  readonly version?: number;
  readonly isBabelfish?: boolean;
  /** Names of procedures. */
  readonly missing?: readonly string[];
  /**
   * The texts of procedures by name. A procedure without one has the text NULL, as for a user who
   * may not read it.
   */
  readonly definitions?: Readonly<Record<string, string>>;
  /** The columns of types by name, if they differ from those of the files. */
  readonly types?: Readonly<Record<string, readonly (string | null)[] | "scalar">>;
}

/** The columns of the table types of the files, by name. */
const ourTypes: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.values(tableTypes).map(({ name, columns }) => [name, Object.keys(columns)]),
);

/** Returns the state of a schema; by default, a complete one of the current version. */
export function schemaState(
  { version = knownVersion, isBabelfish = false, missing = [], definitions = {}, types = {} }:
    ScriptedSchema = {},
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
      rows(
        { Type: "text", IsTable: "bit", Column: "text" },
        ...Object.entries({ ...version === 0 ? {} : ourTypes, ...types })
          .flatMap(([name, columns]) =>
            columns === "scalar" ? [[name, false, null]] : columns.map((each) => [name, true, each])
          ),
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

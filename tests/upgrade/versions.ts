// Gives access to both versions of the library and to their storages.

import { createEverTask, defineTask } from "../../mod.ts";
import { postgresStorage } from "../../drivers/postgres/mod.ts";
import { sqliteStorage } from "../../drivers/sqlite/mod.ts";
import { sqlServerStorage } from "../../drivers/sqlserver/mod.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { targetConfig } from "../support/tsql_server/target.ts";
import { type EverTask010, evertask010 } from "./evertask_0.1.0.ts";

/** The stores that outlive a process, and can therefore be upgraded. */
export type StoreName = "postgres" | "sqlite" | "sqlserver";

/** A line that a process prints. */
export interface ProcessLine {
  readonly started?: string;
  readonly ended?: string;
  /** The id of a dispatched task. */
  readonly dispatched?: string;
  /** Whether the first attempt of the dispatched task fails. */
  readonly fails?: boolean;
  /** The id of a task whose handler was called. */
  readonly ran?: string;
  /** The number of the attempt, starting at 1. */
  readonly attempt?: number;
}

/** The pause between two rounds of dispatches, in milliseconds. It limits the load. */
export const pauseMs = 20;

/** The libraries by version. */
export const versions: Readonly<Record<"0.1.0" | "current", EverTask010>> = {
  "0.1.0": evertask010,
  current: { createEverTask, defineTask, postgresStorage, sqliteStorage, sqlServerStorage },
};

/**
 * Creates a storage of a version.
 *
 * @param address A URL for PostgreSQL, a path for SQLite, and a schema of the T-SQL engine.
 */
export function storageOf(
  version: keyof typeof versions,
  store: StoreName,
  address: string,
): Storage {
  const library = versions[version];
  if (store === "postgres") return library.postgresStorage(address);
  if (store === "sqlite") return library.sqliteStorage({ path: address, busyTimeout: 10_000 });
  return library.sqlServerStorage({ connection: targetConfig({ max: 4 }), schema: address });
}

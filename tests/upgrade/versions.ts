// Both versions of the library, and their storages.

import { createEverTask, defineTask } from "../../mod.ts";
import { postgresStorage } from "../../drivers/postgres/mod.ts";
import { sqliteStorage } from "../../drivers/sqlite/mod.ts";
import { sqlServerStorage } from "../../drivers/sqlserver/mod.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { type EverTask010, evertask010 } from "./evertask_0.1.0.ts";

/** The stores that outlive a process; memory has nothing to upgrade. */
export type StoreName = "postgres" | "sqlite" | "sqlserver";

/** The output of a process. */
export interface ProcessLine {
  readonly started?: string;
  readonly ended?: string;
  /** The id of a task that was dispatched … */
  readonly dispatched?: string;
  /** … and whether its first attempt fails. */
  readonly fails?: boolean;
  /** The id of a task that runs … */
  readonly ran?: string;
  /** … for the time that this says. */
  readonly attempt?: number;
}

/**
 * The pause between two rounds of dispatches: the load is to leave room for the other processes.
 */
export const pauseMs = 20;

/** The versions. */
export const versions: Readonly<Record<"0.1.0" | "current", EverTask010>> = {
  "0.1.0": evertask010,
  current: { createEverTask, defineTask, postgresStorage, sqliteStorage, sqlServerStorage },
};

/** The storage of a version at an address: a URL, a path, or a URL with the schema as its hash. */
export function storageOf(
  version: keyof typeof versions,
  store: StoreName,
  address: string,
): Storage {
  const library = versions[version];
  if (store === "postgres") return library.postgresStorage(address);
  if (store === "sqlite") return library.sqliteStorage({ path: address, busyTimeout: 10_000 });
  const [connection, schema] = address.split("#") as [string, string];
  return library.sqlServerStorage({ connection, schema });
}

// Loads EverTask 0.1.0 with the current types. Tests use only what both versions have.

import type { createEverTask, defineTask } from "../../mod.ts";
import type { postgresStorage } from "../../drivers/postgres/mod.ts";
import type { sqliteStorage } from "../../drivers/sqlite/mod.ts";
import type { sqlServerStorage } from "../../drivers/sqlserver/mod.ts";

/** The exports of the bundle. */
export interface EverTask010 {
  readonly createEverTask: typeof createEverTask;
  readonly defineTask: typeof defineTask;
  readonly postgresStorage: typeof postgresStorage;
  readonly sqliteStorage: typeof sqliteStorage;
  readonly sqlServerStorage: typeof sqlServerStorage;
}

const bundle = new URL("evertask_0.1.0.js", import.meta.url);

/** EverTask 0.1.0. */
export const evertask010: EverTask010 = await import(bundle.href);

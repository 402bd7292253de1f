// EverTask 0.1.0 as today's types describe it, where a test uses no more than both versions have.

import type { createEverTask, defineTask } from "../../mod.ts";
import type { postgresStorage } from "../../drivers/postgres/mod.ts";
import type { sqliteStorage } from "../../drivers/sqlite/mod.ts";
import type { sqlServerStorage } from "../../drivers/sqlserver/mod.ts";

/** What the bundle exports. */
export interface EverTask010 {
  readonly createEverTask: typeof createEverTask;
  readonly defineTask: typeof defineTask;
  readonly postgresStorage: typeof postgresStorage;
  readonly sqliteStorage: typeof sqliteStorage;
  readonly sqlServerStorage: typeof sqlServerStorage;
}

const bundle = new URL("evertask_0.1.0.js", import.meta.url);

/** The release. */
export const evertask010: EverTask010 = await import(bundle.href);

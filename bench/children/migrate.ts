// Migrates a store to the current version, and reports the duration in milliseconds: migrate.ts
// STORE ADDRESS

import { tell } from "../support/child_process.ts";
import { databaseAt } from "../support/open_storage.ts";

const [store = "", address = ""] = Deno.args;
const storage = (await databaseAt(store, address)).storage();
const startedAt = performance.now();
await storage.open();
tell(performance.now() - startedAt);
await storage.close();

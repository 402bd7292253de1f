// Run by killed_migration_test.ts: opens a storage, which migrates its database.

import { postgresStorage } from "../../../drivers/postgres/mod.ts";

const storage = postgresStorage(Deno.args[0]!);
await storage.open();
await storage.close();

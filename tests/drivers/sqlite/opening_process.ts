// Run by missing_rights_test.ts without some rights: prints the result of opening a file.

import { sqliteStorage } from "../../../drivers/sqlite/mod.ts";

const storage = sqliteStorage(Deno.args[0]!);
try {
  await storage.open();
  console.log("opened");
  await storage.close();
} catch (error) {
  console.log(`${(error as Error).name}: ${(error as Error).message}`);
}

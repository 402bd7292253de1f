// Run by errors_test.ts as a user that may not write: prints what opening each of the files comes to.

import { sqliteStorage } from "../../../drivers/sqlite/mod.ts";

for (const path of Deno.args) {
  try {
    await sqliteStorage(path).open();
    console.log("opened");
  } catch (error) {
    console.log((error as Error).name);
  }
}

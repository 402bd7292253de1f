// A relative path is resolved when the storage is created.

import { assertEquals } from "@std/assert";
import { runCommand } from "../../support/run_command.ts";
import { Scratch } from "./support.ts";

const driver = new URL("../../../drivers/sqlite/mod.ts", import.meta.url).href;

Deno.test("a relative path is resolved when the storage is created, not when it is opened", async () => {
  await using scratch = new Scratch();
  await Deno.mkdir(`${scratch.folder}/elsewhere`);
  const program = `
    import { sqliteStorage } from "${driver}";
    const storage = sqliteStorage("relative.db");
    Deno.chdir("elsewhere");
    await storage.open();
    await storage.close();`;
  await runCommand(Deno.execPath(), ["eval", program], { cwd: scratch.folder });
  const names = Array.from(Deno.readDirSync(scratch.folder), ({ name }) => name);
  assertEquals(names.sort(), ["elsewhere", "relative.db"]);
});

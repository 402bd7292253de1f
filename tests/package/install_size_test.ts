// Tests that an installation has only a few small packages, and not mssql, which users of SQL
// Server install themselves.

import { assert, assertEquals, assertLess, assertRejects } from "@std/assert";
import { folderSize } from "../support/folder_size.ts";
import { makeJsrConsumer } from "../support/jsr_consumer.ts";
import { startLocalJsr } from "../support/local_jsr_server.ts";
import { hasNpm, makeNpmProject } from "../support/npm_project.ts";
import { runCommand } from "../support/run_command.ts";

/** Opens a SQL Server storage, whose package is missing. */
const openSqlServer = `
const { sqlServerStorage } = await import("@evertask/evertask/sqlserver");
await sqlServerStorage("mssql://user:secret@localhost/shop").open();
`;

async function assertSaysWhatToInstall(run: () => Promise<unknown>): Promise<void> {
  const { message } = await assertRejects(run, Error);
  assert(
    /StorageError: The package mssql.*`deno add npm:mssql`.*`npm install mssql`/.test(message),
  );
}

Deno.test({
  name: "npm installs at most 10 packages and 12 MB, and an error asks for mssql when it is needed",
  ignore: !await hasNpm(),
  async fn() {
    await using project = await makeNpmProject([], ["24"]);
    const listed = await runCommand("npm", ["ls", "--all", "--parseable"], { cwd: project.folder });
    const packages = listed.stdout.split("\n").filter((path) => path.includes("node_modules"));
    assertLess(packages.length, 11, packages.join("\n"));
    const sizes = await Promise.all(packages.map(folderSize));
    assertLess(sizes.reduce((sum, size) => sum + size), 12_000_000);
    const { engines } = JSON.parse(
      await Deno.readTextFile(
        `${project.folder}/node_modules/@evertask/evertask/package.json`,
      ),
    );
    assertEquals(engines, { node: ">=22.13" });
    const node = project.nodeProgram("24");
    await assertSaysWhatToInstall(() =>
      runCommand(node, ["--input-type=module", "--eval", openSqlServer], { cwd: project.folder })
    );
  },
});

Deno.test("Deno caches at most 15 MB for SQLite, and an error asks for mssql when it is needed", async () => {
  await using registry = await startLocalJsr();
  const env = { JSR_URL: registry.url, NO_COLOR: "1" };
  await using consumer = await makeJsrConsumer(env, { sharesNpm: false });
  await Deno.writeTextFile(
    `${consumer.folder}/sqlite.ts`,
    `import { createEverTask } from "@evertask/evertask";
     import { sqliteStorage } from "@evertask/evertask/sqlite";
     const everTask = createEverTask({ storage: sqliteStorage("tasks.db"), tasks: [] });
     await everTask.start();
     await everTask.stop();`,
  );
  await consumer.run("run", "-A", "sqlite.ts");
  assertLess(await folderSize(consumer.cache), 15_000_000);
  await Deno.writeTextFile(`${consumer.folder}/sqlserver.ts`, openSqlServer);
  await assertSaysWhatToInstall(() => consumer.run("run", "-A", "sqlserver.ts"));
});

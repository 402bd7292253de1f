// The Deno permissions for each store in the README: they are sufficient, and the store cannot be
// opened without any one of them.

import { assertEquals } from "@std/assert";
import { startPostgres } from "../support/pg_server.ts";
import { TdsServer } from "../support/tds_server/server.ts";
import { schemaState } from "./sqlserver/scripted.ts";

const root = new URL("../../", import.meta.url);

/**
 * Opens and closes a storage in a process with these permissions. Returns whether that succeeded.
 */
async function opens(expression: string, permissions: readonly string[]): Promise<boolean> {
  const folder = await Deno.makeTempDir();
  try {
    const [, store, call] = expression.match(/^(\w+): (.*)$/)!;
    await Deno.writeTextFile(
      `${folder}/program.ts`,
      `import * as store from ${JSON.stringify(new URL(`drivers/${store}/mod.ts`, root).href)};
       const storage = store.${call};
       await storage.open();
       await storage.close();`,
    );
    const config = ["--config", new URL("deno.json", root).pathname, "--no-check", "--no-prompt"];
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: ["run", ...config, ...permissions, "program.ts"],
      cwd: folder,
      stderr: "null",
    }).output();
    return success;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Checks that these permissions are enough, and each of them needed. */
async function check(expression: string, permissions: readonly string[]): Promise<void> {
  assertEquals(await opens(expression, permissions), true);
  for (const left of permissions) {
    const rest = permissions.filter((each) => each !== left);
    assertEquals(await opens(expression, rest), false, `without ${left}`);
  }
}

Deno.test("the memory store needs no permission", async () => {
  await check("memory: memoryStorage()", []);
});

Deno.test("SQLite needs to read and write the file", async () => {
  const files = "app.db,app.db-wal,app.db-shm";
  await check(`sqlite: sqliteStorage("app.db")`, [
    `--allow-read=${files}`,
    `--allow-write=${files}`,
  ]);
});

Deno.test("PostgreSQL needs the server, and the variables that the URL omits", async () => {
  const server = await startPostgres();
  try {
    const url = new URL(await server.createDatabase());
    const net = `--allow-net=${url.host}`;
    await check(`postgres: postgresStorage(${JSON.stringify(url.href)})`, [net]);
  } finally {
    await server.stop();
  }
});

Deno.test("SQL Server needs the server, the environment and the host's name, which mssql sends", async () => {
  await using server = new TdsServer({ answer: () => schemaState() });
  const url = `mssql://app:secret@127.0.0.1:${server.port}/shop?encrypt=false`;
  const permissions = [
    `--allow-net=127.0.0.1:${server.port}`,
    "--allow-env",
    "--allow-sys=hostname",
  ];
  await check(`sqlserver: sqlServerStorage(${JSON.stringify(url)})`, permissions);
});

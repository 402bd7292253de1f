// The Deno permissions that the README lists for each store: together they suffice to open the
// store, and opening fails if one of them is missing.

import { assertEquals } from "@std/assert";
import { startPostgres } from "../support/pg_server.ts";
import { TdsServer } from "../support/tds_server/server.ts";
import { schemaState } from "./sqlserver/scripted.ts";

const root = new URL("../../", import.meta.url);

/**
 * Reports whether a process with `permissions` can open and close a storage. `expression` is the
 * driver and the call that creates the storage, such as `memory: memoryStorage()`.
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

/** Asserts that `permissions` are sufficient, and that each of them is needed. */
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

Deno.test("SQLite needs to read and write the file, its -wal and its -shm", async () => {
  const files = "app.db,app.db-wal,app.db-shm";
  await check(`sqlite: sqliteStorage("app.db")`, [
    `--allow-read=${files}`,
    `--allow-write=${files}`,
  ]);
});

Deno.test("PostgreSQL needs only the server if the URL is complete", async () => {
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

// Tests that no error shows any part of an invalid connection string, because the string contains a
// password and errors are logged.

import { assert, assertThrows } from "@std/assert";
import { inspect } from "node:util";
import fc from "fast-check";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { postgresStorage } from "../../drivers/postgres/mod.ts";
import { sqliteStorage } from "../../drivers/sqlite/mod.ts";
import { sqlServerStorage } from "../../drivers/sqlserver/mod.ts";
import { createTestEverTask } from "../../src/testing/mod.ts";
import { createEverTask, defineTask, EverTaskError, InvalidArgumentError } from "../../mod.ts";
import type { Storage } from "../../src/storage/mod.ts";

const marker = "hunter2";

/** Passes a value of a type that the compiler would refuse. */
function wrong(value: unknown): never {
  return value as never;
}

/** Returns everything that a log may show of an error. */
function shown(error: unknown): string {
  return [
    inspect(error, { depth: 9, showHidden: true }),
    Deno.inspect(error, { depth: 9 }),
    String(error),
    JSON.stringify(error),
  ].join("\n");
}

/**
 * Calls a function with a secret, and returns whether it fails. Its error must be an EverTaskError
 * without the secret.
 */
async function keepsSecret(secret: unknown, use: (secret: never) => unknown): Promise<boolean> {
  try {
    await use(wrong(secret));
    return false;
  } catch (error) {
    assert(!shown(error).includes(marker), `${inspect(secret)} is shown:\n${shown(error)}`);
    assert(error instanceof EverTaskError, `${inspect(secret)} gives a foreign error: ${error}`);
    return true;
  }
}

async function opens(storage: Storage): Promise<void> {
  try {
    await storage.open();
  } finally {
    await storage.close();
  }
}

const noop = defineTask({ type: "noop", handle() {} });

/** The places where a program may pass a connection string, correctly or by mistake. */
const places: Readonly<Record<string, (secret: never) => unknown>> = {
  "postgresStorage": (secret) => opens(postgresStorage(secret)),
  "postgresStorage url": (url) => opens(postgresStorage({ url })),
  "postgresStorage sql": (sql) => opens(postgresStorage({ sql })),
  "postgresStorage schema": (schema) =>
    postgresStorage({ url: "postgres://127.0.0.1:1/app", schema }),
  "postgresStorage, misspelt": (uri) => postgresStorage({ uri } as object),
  "sqlServerStorage": (secret) => opens(sqlServerStorage(secret)),
  "sqlServerStorage connection": (connection) => opens(sqlServerStorage({ connection })),
  "sqlServerStorage schema": (schema) =>
    sqlServerStorage({ connection: "mssql://127.0.0.1:1/app", schema }),
  "sqlServerStorage, misspelt": (password) =>
    sqlServerStorage({ connection: "mssql://127.0.0.1:1/app", password } as never),
  "sqlServerStorage password": (password) =>
    opens(sqlServerStorage({ server: "127.0.0.1", port: 1, user: "app", password })),
  "sqliteStorage": (secret) => sqliteStorage(secret),
  "sqliteStorage path": (path) => sqliteStorage({ path }),
  "sqliteStorage database": (database) => sqliteStorage({ database }),
  "sqliteStorage, misspelt": (url) => sqliteStorage({ path: ":memory:", url } as object),
  "sqliteStorage, twice": (path) => sqliteStorage({ path, database: path }),
  "memoryStorage": (secret) => memoryStorage(secret),
  "memoryStorage, misspelt": (url) => memoryStorage({ url } as object),
  "createEverTask": (secret) => createEverTask(secret),
  "createEverTask storage": (storage) => createEverTask({ storage, tasks: [noop] }),
  "createEverTask, misspelt": (url) =>
    createEverTask({ storage: memoryStorage(), tasks: [], url } as never),
  "createTestEverTask storage": (storage) => createTestEverTask({ storage, tasks: [noop] }),
  ...Object.fromEntries([memoryStorage, () => sqliteStorage(":memory:")].map((make) => [
    `connection of dispatch: ${make().name}`,
    async (connection: never) => {
      await using everTask = createEverTask({ storage: make(), tasks: [noop] });
      await everTask.dispatch(noop, undefined, { connection });
    },
  ])),
};

/** A password with the marker, in characters that end parts of a URL or of a connection string. */
const password = fc.tuple(
  fc.string({ unit: fc.constantFrom(..."#/?@%:;=&'\"{} 1a\\[],"), maxLength: 4 }),
  fc.string({ unit: fc.constantFrom(..."#/?@%:;=&'\"{} 1a\\[],"), maxLength: 4 }),
).map(([before, after]) => `${before}${marker}${after}`);

/** Connection strings of a program, valid or not. No server listens at port 1. */
const connectionStrings: readonly ((password: string) => unknown)[] = [
  ...["postgres", "postgresql", "mysql", "mssql", "sqlserver", "redis", "postgres:"].map(
    (scheme) => (password: string) => `${scheme}://app:${password}@127.0.0.1:1/app`,
  ),
  (password) => `postgres://app:${password}@127.0.0.1:99999/app`,
  (password) => `postgres://app:${password}@127.0.0.1:5x/app`,
  (password) => `postgres://app:${password}@bad host/app`,
  (password) => `postgres://127.0.0.1:1/app?user=app&password=${password}`,
  (password) => `postgres://app:12${password}@127.0.0.1:1/app`,
  (password) => `postgres://127.0.0.1:1/${password}`,
  (password) => `mssql://app:${password}@127.0.0.1:1/app?encrypt=${password}`,
  (password) => `mssql://app:${password}@127.0.0.1:1/app?password=${password}`,
  (password) => `host=127.0.0.1 port=1 user=app password=${password}`,
  (password) => `Server=127.0.0.1,1;User Id=app;Password=${password}`,
  (password) => `Server=127.0.0.1,1;User Id=app;Password="${password}`,
  (password) => password,
  (password) => ({ host: "127.0.0.1", port: 1, user: "app", password }),
  (password) => ({ server: "127.0.0.1", port: `${password}`, user: "app", password: [password] }),
  (password) => ({ server: "", port: 1, user: "app", password }),
  (password) => [password],
];

for (const [where, use] of Object.entries(places)) {
  Deno.test(`no error shows a part of a connection string: ${where}`, async () => {
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...connectionStrings), password, async (make, password) => {
        if (await keepsSecret(make(password), use)) refused++;
      }),
      { numRuns: 100 },
    );
    assert(refused > 0, "nothing was refused: this test shows nothing");
  });
}

Deno.test("a password that must be percent-encoded is rejected with that remedy", () => {
  for (const character of "#/?@%") {
    const url = `postgres://app:12${character}${marker}@127.0.0.1:1/app`;
    for (const storage of [postgresStorage, sqlServerStorage]) {
      const target = storage === postgresStorage ? url : url.replace("postgres", "mssql");
      assertThrows(() => storage(target), InvalidArgumentError, "percent-encoded");
    }
  }
});

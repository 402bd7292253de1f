// How the driver connects: encryption, certificates, logins, schema names, and the errors of failed
// connections.

import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { checkServer, poolConfig } from "../../../drivers/sqlserver/connection.ts";
import { sqlServerStorage } from "../../../drivers/sqlserver/mod.ts";
import { loadMssql } from "../../../drivers/sqlserver/load_mssql.ts";
import { InvalidArgumentError } from "../../../src/guards/errors.ts";
import {
  SchemaVersionError,
  StorageClosedError,
  StorageError,
  StorageUnavailableError,
} from "../../../src/storage/errors.ts";
import { reservePort } from "../../support/reserved_port.ts";
import { makeCertificate } from "../../support/tds_server/certificate.ts";
import { TdsServer } from "../../support/tds_server/server.ts";
import { connectionTo, isStateQuery, schemaState, serverNow, withScript } from "./scripted.ts";

const mssql = await loadMssql();
/** Returns the configuration of the pool for this connection. */
const configOf = (connection: string) => poolConfig(checkServer(connection), mssql);
const certificate = await makeCertificate("localhost");
const answer = () => schemaState();

Deno.test("open logs in, reads the schema's state in one round trip and returns the server's clock", async () => {
  await using server = new TdsServer({ answer });
  const storage = sqlServerStorage(connectionTo(server));
  assertEquals(await storage.open(), { now: serverNow });
  assertEquals(await storage.open(), { now: serverNow });
  await storage.close();
  await storage.close();
  assertEquals(server.requests.map(isStateQuery), [true]);
  const { user, password, database, application, encrypted } = server.logins[0]!;
  assertEquals([user, password, database], ["app", "secret", "shop"]);
  assertEquals([application, encrypted], ["EverTask", false]);
});

Deno.test("connections are encrypted by default, and the password is sent encrypted", async () => {
  await using server = new TdsServer({ answer, certificate });
  const storage = sqlServerStorage({
    ...connectionTo(server),
    server: "localhost",
    password: "pä$$wörd ✓",
    options: { cryptoCredentialsDetails: { ca: certificate.cert } },
  });
  await storage.open();
  await storage.close();
  const logins = server.logins.map(({ encrypted, password }) => `${encrypted} ${password}`);
  assertEquals(new Set(logins), new Set(["true pä$$wörd ✓"]));
});

Deno.test("an untrusted certificate is refused, unless the user trusts it", async () => {
  await using server = new TdsServer({ answer, certificate });
  const connection = { ...connectionTo(server), server: "localhost" };
  const careful = sqlServerStorage({ ...connection, options: { encrypt: true } });
  const error = await assertRejects(() => careful.open(), StorageError);
  assertMatch(error.message, /certificate|UnknownIssuer/i);
  assertEquals(server.logins.length, 0);
  const trusting = sqlServerStorage({
    ...connection,
    options: { encrypt: true, trustServerCertificate: true },
  });
  await trusting.open();
  await trusting.close();
});

Deno.test("a server that cannot encrypt is refused by a connection that must be encrypted", async () => {
  await using server = new TdsServer({ answer });
  const storage = sqlServerStorage({ ...connectionTo(server), options: {} });
  await assertRejects(() => storage.open(), StorageError);
  assertEquals(server.logins.length, 0);
});

Deno.test("a rejected login is a permanent error", async () => {
  const refuses = { number: 18456, message: "Login failed for user 'app'.", severity: 14 };
  await using server = new TdsServer({ refuses });
  const error = await assertRejects(
    () => sqlServerStorage(connectionTo(server)).open(),
    StorageError,
    "Login failed for user 'app'.",
  );
  assertEquals(error.transient, false);
});

for (const breaksAt of ["prelogin", "login"] as const) {
  Deno.test(`a connection that breaks at the ${breaksAt} is a transient error, and open can be retried`, async () => {
    const manners = { breaksAt };
    await using broken = new TdsServer(manners);
    const storage = sqlServerStorage(connectionTo(broken));
    for (const _attempt of [1, 2]) {
      await assertRejects(() => storage.open(), StorageUnavailableError);
    }
    await storage.close();
  });
}

Deno.test("an unreachable server is a transient error", async () => {
  using nobody = reservePort();
  const { port } = nobody;
  const storage = sqlServerStorage({ server: "127.0.0.1", port, options: { encrypt: false } });
  await assertRejects(() => storage.open(), StorageUnavailableError);
});

Deno.test("a schema that is newer than the code is refused, and the message names both versions", async () => {
  await using server = new TdsServer({ answer: () => schemaState({ version: 9999 }) });
  const storage = sqlServerStorage(connectionTo(server));
  const error = await assertRejects(() => storage.open(), SchemaVersionError, "9999");
  assertEquals(error.found, 9999);
});

Deno.test("with migrate off, a schema that is older or lacks procedures is refused, and nothing is changed", async () => {
  for (const state of [{ version: 0 }, { missing: ["usp_Purge"] }]) {
    await using server = new TdsServer({ answer: () => schemaState(state) });
    const storage = sqlServerStorage({ connection: connectionTo(server), migrate: false });
    await assertRejects(() => storage.open(), SchemaVersionError, "sqlcmd");
    assertEquals(server.requests.map(({ kind }) => kind), ["query", "query"]);
    assert(isStateQuery(server.requests[0]!));
    assert(server.requests[1]!.text.startsWith("SELECT USER_NAME()"));
  }
});

Deno.test("calls of a storage that is not open are refused", async () => {
  const never = sqlServerStorage("mssql://localhost/none");
  await assertRejects(() => never.get("01900000-0000-7000-8000-000000000001"), StorageClosedError);
  await never.close();
  await withScript(() => ({}), async ({ storage }) => {
    await storage.close();
    await assertRejects(() => storage.statistics(), StorageClosedError);
  });
});

Deno.test("the caller's pool is connected if needed, used, and left open", async () => {
  await using server = new TdsServer({ answer });
  const pool = new mssql.ConnectionPool({ ...connectionTo(server), validateConnection: false });
  const storage = sqlServerStorage(pool);
  await storage.open();
  await storage.close();
  await pool.request().query("SELECT 1;"); // a closed pool would refuse this
  const again = sqlServerStorage({ connection: pool, schema: "Other" });
  await again.open();
  await again.close();
  assert(server.requests.at(-1)!.text.includes("[Other].[SchemaVersions]"));
  assert(!server.requests.at(-1)!.text.includes("EverTask"));
  await pool.close();
});

Deno.test("a URL names server, port, user, password, database and encryption", () => {
  const url = "mssql://us%40er:p%2Fw%3A@db.example.org:1435/my%20shop?encrypt=false";
  const { server, port, user, password, database, options } = configOf(url);
  assertEquals([server, port], ["db.example.org", 1435]);
  assertEquals([user, password, database], ["us@er", "p/w:", "my shop"]);
  assertEquals(options, {
    encrypt: false,
    trustServerCertificate: false,
    appName: "EverTask",
    cancelTimeout: 2000,
    useUTC: true,
  });
  assertEquals(configOf("mssql://[::1]/db").server, "::1");
});

Deno.test("an ADO.NET connection string is accepted, and its connections are encrypted by default", () => {
  const config = configOf("Server=tcp:db.example.org,1434;Database=shop;User Id=a;Password=b");
  assertEquals([config.server, config.port, config.database], ["db.example.org", 1434, "shop"]);
  assertEquals((config.options as { encrypt: boolean }).encrypt, true);
});

Deno.test("no error message shows a connection, which may hold a password", () => {
  const wrong = [
    "mssql://user:hunter2@host:99999/db",
    "mssql://user:hunter2@host/db?encrypt=maybe",
    { user: "user", password: "hunter2" },
    { server: "", user: "user", password: "hunter2" },
  ];
  for (const connection of wrong) {
    const error = assertThrows(() => {
      sqlServerStorage({ connection: connection as string });
      configOf(connection as string);
    }, InvalidArgumentError);
    assert(!error.message.includes("hunter2"), error.message);
  }
});

Deno.test("a schema's name must be a plain identifier", () => {
  for (
    const schema of ["a]; DROP TABLE x; --", "a'b", "", "1a", "a b", "[a]", "ä", "x".repeat(129)]
  ) {
    assertThrows(
      () => sqlServerStorage({ connection: "mssql://h/d", schema }),
      InvalidArgumentError,
      "schema",
    );
  }
  sqlServerStorage({ connection: "mssql://h/d", schema: "_Jobs_2" });
});

// Server addresses: all forms that libpq takes, and several servers, some of them unusable.

import { assertEquals, assertRejects } from "@std/assert";
import { deadline } from "@std/async";
import type { PostgresStorageOptions } from "../../../drivers/postgres/mod.ts";
import { retryTransient } from "../../../src/storage/batching/retry_transient.ts";
import { StorageError, StorageUnavailableError } from "../../../src/storage/errors.ts";
import { systemClock } from "../../../src/time/clock.ts";
import { newTask } from "../../support/new_task.ts";
import { startPostgres } from "../../support/pg_server.ts";
import { unprivilegedAccount } from "../../support/pg_server_cluster.ts";
import { reservePort } from "../../support/reserved_port.ts";
import { TcpProxy } from "../../support/tcp_proxy.ts";
import { connect, openStorage } from "./support.ts";

const folder = await Deno.makeTempDir({ prefix: "evertask-socket-" });
const account = await unprivilegedAccount();
if (account) await Deno.chown(folder, account.uid, account.gid);
const server = await startPostgres({
  settings: { listen_addresses: "127.0.0.1,::1", unix_socket_directories: folder },
});
Deno.test.afterAll(async () => {
  await server.stop();
  await Deno.remove(folder, { recursive: true });
});
const ours = server.canRestart; // the addresses of an existing server are unknown
const { hostname, port, username } = new URL(server.url);

/** Returns `url` with its host replaced by `hosts`. */
function at(hosts: readonly string[], url: string): string {
  return url.replace(new URL(url).host, hosts.join());
}

/**
 * Opens a storage, and uses it over several connections. Resolves to the database and the port in
 * use.
 */
async function use(options: PostgresStorageOptions): Promise<string> {
  await using storage = await deadline(openStorage({ schema: "ways", ...options }), 60_000);
  await Promise.all(Array.from({ length: 8 }, () => storage.persist([newTask()])));
  return storage.name;
}

for (
  const [form, url] of Object.entries({
    "a name": `postgres://${username}@localhost:${port}/postgres`,
    "an IPv4 address": `postgres://${username}@127.0.0.1:${port}/postgres`,
    "an IPv6 address": `postgres://${username}@[::1]:${port}/postgres`,
    "the folder of a Unix socket, encoded": `postgres://${username}@${
      encodeURIComponent(folder)
    }:${port}/postgres`,
    "the folder of a Unix socket as host":
      `postgres:///postgres?host=${folder}&port=${port}&user=${username}`,
  })
) {
  Deno.test({
    name: `the server is reached by ${form}`,
    ignore: !ours,
    fn: async () => void await use({ url }),
  });
}

Deno.test("a database's name is percent-encoded", async () => {
  await using admin = connect(server.url);
  const name = `two words ${crypto.randomUUID()}`;
  await admin`CREATE DATABASE ${admin(name)} TEMPLATE template0`;
  const url = new URL(server.url);
  url.pathname = encodeURIComponent(name);
  await use({ url: url.href });
  await using sql = connect(server.url, { database: name });
  assertEquals((await sql`SELECT FROM ways.queued_tasks`).length, 8);
  await admin`DROP DATABASE ${admin(name)} WITH (FORCE)`;
});

Deno.test("settings in the URL apply to the sessions", async () => {
  const url = `${await server.createDatabase()}?application_name=shop&` +
    `options=${encodeURIComponent("-c work_mem=1234kB")}`;
  await using storage = await openStorage({ url, notify: false });
  await using sql = connect(url.split("?")[0]!);
  const sessions = await sql`SELECT FROM pg_stat_activity WHERE application_name = 'shop'`;
  assertEquals(sessions.length > 0, true);
  assertEquals(await storage.get(newTask().id), null);
});

Deno.test("servers that refuse connections or do not answer are skipped, in any position", async () => {
  const url = await server.createDatabase();
  await using silent = await TcpProxy.start(url);
  silent.swallow();
  using nobody = reservePort();
  const useless = [new URL(silent.urlOf(url)).host, `127.0.0.1:${nobody.port}`];
  const good = `${hostname}:${port}`;
  for (const hosts of [[...useless, good], [good, ...useless], [useless[0]!, good, useless[1]!]]) {
    await use({ url: at(hosts, url), queryTimeout: { seconds: 3 } });
  }
});

Deno.test("opening fails in time if no server answers", async () => {
  const url = await server.createDatabase();
  await using silent = await TcpProxy.start(url);
  silent.swallow();
  using nobody = reservePort();
  for (const place of [new URL(silent.urlOf(url)).host, `127.0.0.1:${nobody.port}`]) {
    const opening = openStorage({ url: at([place, place], url), queryTimeout: 400 });
    await assertRejects(() => deadline(opening, 60_000), StorageUnavailableError);
  }
});

Deno.test("if the used server fails, the next one is used", async () => {
  const url = await server.createDatabase();
  await using first = await TcpProxy.start(url);
  await using second = await TcpProxy.start(url);
  const hosts = [first, second].map((proxy) => new URL(proxy.urlOf(url)).host);
  await using storage = await openStorage({ url: at(hosts, url), queryTimeout: { seconds: 3 } });
  const insist = () => retryTransient(systemClock, 60_000, () => storage.persist([newTask()]));
  for (const [used, unused] of [[first, second], [second, first]] as const) {
    await insist();
    assertEquals([used.connections > 0, unused.connections], [true, 0]);
    await used.refuse();
    await insist();
    assertEquals(unused.connections > 0, true);
    await used.pass();
  }
});

Deno.test({
  name: "target_session_attrs skips read-only servers",
  ignore: !ours,
  async fn() {
    await using reading = await startPostgres({
      settings: { default_transaction_read_only: "on" },
    });
    const hosts = [new URL(reading.url).host, `${hostname}:${port}`];
    const url = `${at(hosts, server.url)}?target_session_attrs=read-write`;
    await use({ url, schema: "written" });
    await using sql = connect(server.url);
    assertEquals((await sql`SELECT FROM written.queued_tasks`).length, 8);
    await assertRejects(
      () => openStorage({ url: `${reading.url}?target_session_attrs=primary` }),
      StorageUnavailableError,
      "only reads",
    );
  },
});

Deno.test("the error of a rejected login names the things to check", async () => {
  const url = new URL(server.url);
  url.username = "nobody_of_that_name";
  url.password = "hunter2";
  const { message } = await assertRejects(
    () => openStorage({ url: url.href }),
    StorageError,
    "sslmode=require",
  );
  assertEquals(message.includes("hunter2"), false);
});

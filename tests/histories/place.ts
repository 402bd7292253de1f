// The database of a history, and what can happen to it.

import { connectTo } from "../support/places.ts";
import { startPostgres } from "../support/pg_server.ts";
import { unprivilegedAccount } from "../support/pg_server_cluster.ts";
import { mountSmallDisk, type SmallDisk } from "../support/small_disk.ts";
import { targetUrl, targetVariable, temporarySchema } from "../support/tsql_server/target.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import type { Storage } from "../../src/storage/mod.ts";
import postgres from "postgres";
import type { StoreKind } from "./setup.ts";

/** A fault of a database or its network. `happen()` resolves when the fault is over. */
export interface Trouble {
  readonly name: string;
  readonly happen: (forMs: number) => Promise<void>;
}

/** A database with empty tables. */
export interface Place extends AsyncDisposable {
  readonly store: StoreKind;
  /** The address without a proxy. */
  readonly address: string;
  /** The address for processes: through the proxy, if there is a network. */
  readonly reachedAt: string;
  /** The environment variables of processes. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly troubles: readonly Trouble[];
  connect(): Storage;
}

/** Creates places. They share a server and a disk. */
export interface Ground extends AsyncDisposable {
  create(): Promise<Place>;
}

const pause = (ms: number) => new Promise<void>((resume) => setTimeout(resume, ms));

/** Prepares a ground. Its disk can be filled only if this process may mount file systems. */
export async function prepareGround(store: StoreKind): Promise<Ground> {
  if (store === "sqlite") return await prepareSqlite();
  if (store === "postgres") return await preparePostgres();
  return prepareSqlServer();
}

async function prepareSqlite(): Promise<Ground> {
  const closing = new AsyncDisposableStack();
  const disk = await mountSmallDisk(32, Deno.uid() ?? 0);
  if (disk !== null) closing.use(disk);
  let count = 0;
  return {
    async create() {
      const folder = disk === null
        ? await Deno.makeTempDir({ prefix: "evertask-history-" })
        : `${disk.path}/${++count}`;
      await Deno.mkdir(folder, { recursive: true });
      const address = `${folder}/tasks.db`;
      const connect = () => connectTo("SQLite", address);
      await createTables(connect);
      const troubles = disk === null ? [] : [fullDisk(disk)];
      const remove = () => Deno.remove(folder, { recursive: true });
      return {
        ...{ store: "sqlite" as const, address, reachedAt: address, troubles, connect },
        [Symbol.asyncDispose]: remove,
      };
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

async function preparePostgres(): Promise<Ground> {
  const closing = new AsyncDisposableStack();
  const server = await startPostgres({ own: true });
  const account = await unprivilegedAccount();
  const disk = server.canRestart && account ? await mountSmallDisk(48, account.uid) : null;
  if (disk !== null) closing.use(disk);
  closing.use(server); // stops first, because it uses the disk
  if (disk !== null) {
    await inServer(server.url, `CREATE TABLESPACE small LOCATION '${disk.path}'`);
  }
  return {
    async create() {
      const address = await server.createDatabase();
      const name = new URL(address).pathname.slice(1);
      if (disk !== null) {
        const move = `ALTER DATABASE ${name} SET TABLESPACE small`;
        await inServer(server.url, byPlainCopies, move);
      }
      const connect = () => connectTo("PostgreSQL", address);
      await createTables(connect);
      const proxy = await TcpProxy.start(address);
      const restarts = server.canRestart ? [serverRestart(server)] : [];
      const disks = disk === null ? [] : [fullDisk(disk)];
      return {
        store: "postgres",
        address,
        reachedAt: proxy.urlOf(address),
        troubles: [...networkTroubles(proxy), ...restarts, ...disks],
        connect,
        async [Symbol.asyncDispose]() {
          await proxy[Symbol.asyncDispose]();
          await inServer(server.url, `DROP DATABASE ${name} WITH (FORCE)`);
        },
      };
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

/** Makes places on the engine that the environment names. */
function prepareSqlServer(): Ground {
  if (targetUrl === undefined) throw new Error(`Set ${targetVariable}.`);
  const [variable] = targetVariable.split("=") as [string];
  return {
    async create() {
      const schema = await temporarySchema();
      const connect = () => connectTo("SQL Server", schema.name);
      await createTables(connect);
      const proxy = await TcpProxy.start(targetUrl!);
      return {
        ...{ store: "sqlserver" as const, address: schema.name, reachedAt: schema.name, connect },
        environment: { [variable]: proxy.urlOf(targetUrl!) },
        troubles: networkTroubles(proxy),
        async [Symbol.asyncDispose]() {
          await proxy[Symbol.asyncDispose]();
          await schema.remove();
        },
      };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function networkTroubles(proxy: TcpProxy): Trouble[] {
  return [
    {
      name: "the network is cut",
      async happen(forMs) {
        await proxy.refuse();
        await pause(forMs);
        await proxy.pass();
      },
    },
    {
      name: "the network swallows everything",
      async happen(forMs) {
        proxy.swallow();
        await pause(forMs);
        await proxy.pass();
      },
    },
    {
      name: "the network is slow",
      async happen(forMs) {
        proxy.delay(200);
        await pause(forMs);
        proxy.delay(0);
      },
    },
  ];
}

function serverRestart(server: Awaited<ReturnType<typeof startPostgres>>): Trouble {
  return {
    name: "the server crashes",
    happen: (forMs) => server.restart("immediate", () => pause(forMs / 2)),
  };
}

/** Fills a disk, and frees it again. */
function fullDisk(disk: SmallDisk): Trouble {
  return {
    name: "the disk is full",
    async happen(forMs) {
      const ballast = `${disk.path}/ballast`;
      using file = await Deno.open(ballast, { create: true, write: true });
      const block = new Uint8Array(64 * 1024);
      try {
        while (true) await file.write(block);
      } catch {
        // It is full.
      }
      await pause(forMs);
      await Deno.remove(ballast);
    },
  };
}

async function createTables(connect: () => Storage): Promise<void> {
  const storage = connect();
  await storage.open();
  await storage.close();
}

/** The kernel cannot clone a file to another file system. */
const byPlainCopies =
  "SELECT set_config(name, 'copy', false) FROM pg_settings WHERE name = 'file_copy_method'";

/** Runs statements in one session. */
async function inServer(url: string, ...statements: readonly string[]): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    for (const statement of statements) await sql.unsafe(statement);
  } finally {
    await sql.end();
  }
}

// Databases that several processes can share, as whole-system tests need them: SQLite, PostgreSQL,
// and a T-SQL engine where an environment variable names one.

import { postgresStorage } from "../../drivers/postgres/mod.ts";
import { sqliteStorage } from "../../drivers/sqlite/mod.ts";
import { sqlServerStorage } from "../../drivers/sqlserver/mod.ts";
import type { Storage } from "../../src/storage/mod.ts";
import { type PostgresServer, startPostgres } from "./pg_server.ts";
import { hasTarget, targetConfig, temporarySchema } from "./tsql_server/target.ts";

/** A kind of database. */
export type PlaceKind = "SQLite" | "PostgreSQL" | "SQL Server";

/** The available kinds. */
export const placeKinds: readonly PlaceKind[] = [
  "SQLite",
  "PostgreSQL",
  ...hasTarget ? ["SQL Server" as const] : [],
];

/** A separate database, which is removed at the end of its scope. */
export interface Place extends AsyncDisposable {
  /** The argument of {@linkcode connectTo} in any process. */
  readonly address: string;
  /** A separate storage that is not yet open, like that of another process. */
  connect(): Storage;
}

/** A storage on a place. */
export function connectTo(kind: PlaceKind, address: string): Storage {
  if (kind === "SQLite") return sqliteStorage(address);
  if (kind === "PostgreSQL") return postgresStorage(address);
  return sqlServerStorage({ connection: targetConfig(), schema: address });
}

/** Creates places. Those of PostgreSQL are databases on one server. */
export class Places {
  readonly #server: PostgresServer;

  private constructor(server: PostgresServer) {
    this.#server = server;
  }

  static async start(): Promise<Places> {
    return new Places(await startPostgres());
  }

  async create(kind: PlaceKind): Promise<Place> {
    const { address, remove } = await this.#create(kind);
    const connect = () => connectTo(kind, address);
    return { address, connect, [Symbol.asyncDispose]: remove };
  }

  /** Stops the PostgreSQL server, or drops the databases created on a shared one. */
  async stop(): Promise<void> {
    await this.#server.stop();
  }

  async #create(kind: PlaceKind): Promise<{ address: string; remove: () => Promise<void> }> {
    if (kind === "SQLite") {
      const folder = await Deno.makeTempDir({ prefix: "evertask-place-" });
      return {
        address: `${folder}/tasks.db`,
        remove: () => Deno.remove(folder, { recursive: true }),
      };
    }
    if (kind === "PostgreSQL") {
      // `stop` removes the database.
      return { address: await this.#server.createDatabase(), remove: async () => {} };
    }
    const { name, remove } = await temporarySchema();
    return { address: name, remove };
  }
}

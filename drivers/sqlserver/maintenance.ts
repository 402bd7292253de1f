// Migrations and diagnosis, for the command line.

import { checkMigrationTarget, stepOf } from "../../src/storage/kit/migration_plan.ts";
import type { Finding, Maintenance, MigrationPlan } from "../../src/storage/maintenance.ts";
import { SqlServerDatabase } from "./database.ts";
import { schemaFindings } from "./diagnosis.ts";
import { applyMigrations, missingFiles } from "./migrations.ts";
import { resolveOptions, type SqlServerStorageOptions } from "./options.ts";
import { type SchemaState, stateQuery, toSchemaState } from "./schema_state.ts";
import { forSchema, knownVersion } from "./script.ts";
import { type SqlFileName, sqlFiles } from "./sql.generated.ts";

/** The maintenance of a database. It connects on first use. */
export class SqlServerMaintenance implements Maintenance {
  readonly #database: SqlServerDatabase;

  /** @param options The connection, and the schema. */
  constructor(options: SqlServerStorageOptions) {
    this.#database = new SqlServerDatabase(resolveOptions(options));
  }

  async plan(to: number = knownVersion): Promise<MigrationPlan> {
    const found = await this.#state(to);
    return toPlan(found, missingFiles(found, to), to);
  }

  async script(to: number = knownVersion): Promise<string> {
    const files = missingFiles(await this.#state(to), to);
    // sqlcmd goes on after an error unless it is told otherwise.
    const scripts = files.map((file) => forSchema(sqlFiles[file], this.#database.schema));
    return [":on error exit\n", ...scripts.map((script) => `${script.trimEnd()}\nGO\n`)].join("\n");
  }

  async migrate(to: number = knownVersion): Promise<MigrationPlan> {
    await this.#state(to);
    const { found, files } = await applyMigrations(this.#database, to);
    return toPlan(found, files, to);
  }

  async diagnose(): Promise<readonly Finding[]> {
    await this.#database.connect();
    const { schema } = this.#database;
    return schemaFindings(
      toSchemaState(await this.#database.query(stateQuery(schema)), schema),
      schema,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#database.close();
  }

  async #state(to: number): Promise<SchemaState> {
    await this.#database.connect();
    const { schema } = this.#database;
    const state = toSchemaState(await this.#database.query(stateQuery(schema)), schema);
    this.#database.isBabelfish = state.isBabelfish;
    checkMigrationTarget(state.version, to, knownVersion);
    return state;
  }
}

function toPlan(
  { version }: SchemaState,
  files: readonly SqlFileName[],
  to: number,
): MigrationPlan {
  const steps = files.map((file) => stepOf(file, sqlFiles[file]));
  return { version, target: to, known: knownVersion, steps };
}

// Migrations and diagnosis, for the command line.

import { checkMigrationTarget, stepOf } from "../../src/storage/kit/migration_plan.ts";
import type { Finding, Maintenance, MigrationPlan } from "../../src/storage/maintenance.ts";
import { type DatabaseOptions, SqlServerDatabase } from "./database.ts";
import { databaseFindings, oldTransactionMs } from "./diagnosis.ts";
import { applyMigrations, missingFiles } from "./migrations.ts";
import { type SchemaState, stateQuery, toSchemaState } from "./schema_state.ts";
import { forSchema, knownVersion } from "./script.ts";
import { type SqlFileName, sqlFiles } from "./sql.generated.ts";
import { estimateFiles } from "./step_estimates.ts";

/** The maintenance of a database. It connects on first use. */
export class SqlServerMaintenance implements Maintenance {
  readonly #database: SqlServerDatabase;

  constructor(options: DatabaseOptions) {
    this.#database = new SqlServerDatabase(options);
  }

  async plan(to: number = knownVersion): Promise<MigrationPlan> {
    const found = await this.#state(to);
    const files = missingFiles(found, this.#database.schema, to);
    const plan = toPlan(found, files, to);
    const estimates = await estimateFiles(this.#database, files);
    const steps = plan.steps.map((step, at) => ({ ...step, estimatedMs: estimates[at]! }));
    return { ...plan, steps };
  }

  async script(to: number = knownVersion): Promise<string> {
    const files = missingFiles(await this.#state(to), this.#database.schema, to);
    // Without `:on error exit`, sqlcmd continues after an error.
    const scripts = files.map((file) => forSchema(sqlFiles[file], this.#database.schema));
    return [":on error exit\n", ...scripts.map((script) => `${script.trimEnd()}\nGO\n`)].join("\n");
  }

  async migrate(to: number = knownVersion): Promise<MigrationPlan> {
    await this.#state(to);
    const { found, files } = await applyMigrations(this.#database, to);
    return toPlan(found, files, to);
  }

  /** @param transactionMs The age from which on an open transaction is a fault. */
  async diagnose(transactionMs = oldTransactionMs): Promise<readonly Finding[]> {
    return await databaseFindings(this.#database, await this.#readState(), transactionMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#database.close();
  }

  async #state(to: number): Promise<SchemaState> {
    const state = await this.#readState();
    checkMigrationTarget(state.version, to, knownVersion);
    return state;
  }

  async #readState(): Promise<SchemaState> {
    await this.#database.connect();
    const { schema } = this.#database;
    const state = toSchemaState(await this.#database.query(stateQuery(schema)), schema);
    this.#database.isBabelfish = state.isBabelfish;
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

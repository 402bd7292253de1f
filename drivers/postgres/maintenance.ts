// Migrations and diagnosis, for the command line.

import { StorageError } from "../../src/storage/errors.ts";
import { checkMigrationTarget, stepOf } from "../../src/storage/kit/migration_plan.ts";
import type { Finding, Maintenance, MigrationPlan } from "../../src/storage/maintenance.ts";
import { systemClock } from "../../src/time/clock.ts";
import type { RunStatement } from "./connection.ts";
import { toStorageError } from "./errors.ts";
import { applyMissing, findMissing, type MissingFiles } from "./migrations.ts";
import { withMissingRights } from "./missing_rights.ts";
import { type PostgresStorageOptions, resolveOptions } from "./options.ts";
import { makePool, type Pool } from "./pool.ts";
import { limited } from "./query_limit.ts";
import { knownVersion, scriptOf } from "./script.ts";

/** The maintenance of a database. It connects on first use. */
export class PostgresMaintenance implements Maintenance {
  readonly #pool: Pool;
  readonly #run: RunStatement;
  readonly #schema: string;

  /** @param options The URL, and the schema. */
  constructor(options: Pick<PostgresStorageOptions, "url" | "schema">) {
    const resolved = resolveOptions({ ...options, maxConnections: 1, notify: false });
    this.#pool = makePool(resolved);
    this.#schema = resolved.schema;
    this.#run = limited({
      ...this.#pool,
      clock: systemClock,
      prepare: false,
      limitMs: resolved.queryTimeoutMs,
    });
  }

  async plan(to: number = knownVersion): Promise<MigrationPlan> {
    return toPlan(await this.#missing(to), to);
  }

  async script(to: number = knownVersion): Promise<string> {
    const { files } = await this.#missing(to);
    // Each file is one transaction, which checks that it has not been applied yet.
    const schema = `SET evertask.schema = '${this.#schema}';\n`;
    return ["\\set ON_ERROR_STOP on\n", schema, ...files.map(scriptOf)].join("\n");
  }

  async migrate(to: number = knownVersion): Promise<MigrationPlan> {
    while (true) {
      const missing = await this.#missing(to);
      const isDone = missing.files.length === 0 ||
        await applyMissing(missing, this.#run, this.#schema);
      if (isDone) return toPlan(missing, to);
    }
  }

  diagnose(): Promise<readonly Finding[]> {
    return Promise.resolve([]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.end();
  }

  async #missing(to: number): Promise<MissingFiles> {
    try {
      const missing = await findMissing(this.#run, this.#schema, to);
      checkMigrationTarget(missing.found.version, to, knownVersion);
      return missing;
    } catch (error) {
      if (error instanceof StorageError) throw error;
      throw await withMissingRights(toStorageError(error), this.#run, this.#schema, "migrate");
    }
  }
}

function toPlan({ found, files }: MissingFiles, to: number): MigrationPlan {
  return {
    version: found.version,
    target: to,
    known: knownVersion,
    steps: files.map((file) => stepOf(file, scriptOf(file))),
  };
}

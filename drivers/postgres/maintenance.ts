// Migrations and diagnosis, for the command line.

import { StorageError } from "../../src/storage/errors.ts";
import {
  checkMigrationTarget,
  estimateStep,
  stepOf,
} from "../../src/storage/kit/migration_plan.ts";
import type { Finding, Maintenance, MigrationPlan } from "../../src/storage/maintenance.ts";
import { systemClock } from "../../src/time/clock.ts";
import type { RunStatement } from "./connection.ts";
import {
  databaseFindings,
  defaultThresholds,
  encodingFindings,
  rightFindings,
  schemaFindings,
  type Thresholds,
} from "./diagnosis.ts";
import { codeOf } from "./errors.ts";
import { applyMissing, compareSchema, findMissing, type MissingFiles } from "./migrations.ts";
import { denied, withMissingRights } from "./missing_rights.ts";
import { notificationFindings } from "./notification_check.ts";
import type { ResolvedOptions } from "./options.ts";
import { makePool, type Pool } from "./pool.ts";
import { limited } from "./query_limit.ts";
import { knownVersion, scriptOf } from "./script.ts";
import { bytesToIndex, seriesIndexFile } from "./series_index.ts";
import { checkServer } from "./server_check.ts";

/** The maintenance of a database. It connects on first use. */
export class PostgresMaintenance implements Maintenance {
  readonly #pool: Pool;
  readonly #run: RunStatement;
  readonly #schema: string;
  readonly #notifies: boolean;

  constructor(options: ResolvedOptions) {
    this.#pool = makePool({ ...options, maxConnections: 1 });
    this.#schema = options.schema;
    this.#notifies = options.notify;
    this.#run = limited({
      ...this.#pool,
      clock: systemClock,
      prepare: false,
      limitMs: options.queryTimeoutMs,
    });
  }

  async plan(to: number = knownVersion): Promise<MigrationPlan> {
    const missing = await this.#missing(to);
    const plan = toPlan(missing, to);
    const bytes = await bytesToIndex(this.#run, this.#schema, missing.found.version);
    const estimate = (file: string) => estimateStep(file === seriesIndexFile ? bytes : 0);
    const steps = plan.steps.map((step) => ({ ...step, estimatedMs: estimate(step.file) }));
    return { ...plan, steps };
  }

  async script(to: number = knownVersion): Promise<string> {
    const { files } = await this.#missing(to);
    // Each file is one transaction, which checks that the file has not been applied yet.
    const schema = `SET evertask.schema = '${this.#schema}';\n`;
    return ["\\set ON_ERROR_STOP on\n", schema, ...files.map(scriptOf)].join("\n");
  }

  async migrate(to: number = knownVersion): Promise<MigrationPlan> {
    await checkServer(this.#run);
    while (true) {
      const missing = await this.#missing(to);
      const isDone = missing.files.length === 0 ||
        await applyMissing(missing, this.#run, this.#schema);
      if (isDone) return toPlan(missing, to);
    }
  }

  async diagnose(thresholds: Thresholds = defaultThresholds): Promise<readonly Finding[]> {
    const [run, schema] = [this.#run, this.#schema];
    try {
      const encoding = await encodingFindings(run);
      const missing = await compareSchema(run, schema);
      const wrongSchema = schemaFindings(missing, schema);
      const findings = wrongSchema.length > 0
        ? wrongSchema
        : await databaseFindings(run, schema, missing, thresholds);
      return [
        ...encoding,
        ...findings,
        ...this.#notifies
          ? await notificationFindings(this.#pool.sql, run, thresholds.notificationMs)
          : [],
      ];
    } catch (error) {
      const lacking = codeOf(error) === denied ? await rightFindings(run, schema) : [];
      if (lacking.length > 0) return lacking;
      throw await this.#explain(error);
    }
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
      throw await this.#explain(error);
    }
  }

  async #explain(error: unknown): Promise<StorageError> {
    if (error instanceof StorageError) return error;
    return await withMissingRights(error, this.#run, this.#schema, "migrate");
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

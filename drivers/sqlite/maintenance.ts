// Migrations and diagnosis, for the command line.

import { existsSync, statfsSync } from "node:fs";
import {
  checkMigrationTarget,
  estimateStep,
  stepOf,
} from "../../src/storage/kit/migration_plan.ts";
import type { Finding, Maintenance, MigrationPlan } from "../../src/storage/maintenance.ts";
import { systemClock } from "../../src/time/clock.ts";
import { Connection } from "./connection.ts";
import { fileFindings, placeFindings, synchronousFindings } from "./diagnosis.ts";
import { toStorageError } from "./errors.ts";
import { foundVersion, knownVersion } from "./migrations.ts";
import { openNodeSqlite } from "./node_sqlite.ts";
import { migrateFile } from "./open.ts";
import type { ResolvedOptions } from "./options.ts";
import { lacksSeriesIndex, seriesFile } from "./series_table.ts";
import { type SqlFileName, sqlFiles } from "./sql.generated.ts";

const fileNames = Object.keys(sqlFiles) as SqlFileName[];

/** The maintenance of a file, or of the application's connection. */
export class SqliteMaintenance implements Maintenance {
  readonly #options: ResolvedOptions;
  readonly #fileSystem: (path: string) => number;

  /** @param fileSystem Returns the type of a file's file system. */
  constructor(options: ResolvedOptions, fileSystem = (file: string) => statfsSync(file).type) {
    this.#options = options;
    this.#fileSystem = fileSystem;
  }

  async plan(to: number = knownVersion): Promise<MigrationPlan> {
    const version = await this.#version(to);
    const plan = toPlan(version, to);
    const bytes = lacksSeriesIndex(version) ? await this.#read(sizeOf) : 0;
    const estimate = (file: string) => estimateStep(file === seriesFile ? bytes : 0);
    const steps = plan.steps.map((step) => ({ ...step, estimatedMs: estimate(step.file) }));
    return { ...plan, steps };
  }

  async script(to: number = knownVersion): Promise<string> {
    const files = fileNames.slice(await this.#version(to), to).map((name) => sqlFiles[name]);
    return [".bail on\n", "BEGIN IMMEDIATE;\n", ...files, "COMMIT;\n"].join("\n");
  }

  async migrate(to: number = knownVersion): Promise<MigrationPlan> {
    await this.#version(to);
    return toPlan(await migrateFile(this.#options, to), to);
  }

  async diagnose(): Promise<readonly Finding[]> {
    const { path, synchronous } = this.#options;
    if (!this.#isThere) {
      return [{
        kind: "schemaMissing",
        what: `There is no file ${path}.`,
        why: "Commands do not create it.",
        remedy: "Check the path, or run: evertask migrate",
      }];
    }
    return [
      ...existsSync(path) ? placeFindings(path, this.#fileSystem(path)) : [],
      ...this.#isOurs ? synchronousFindings("The storage", synchronous === "off") : [],
      ...await this.#read((connection) => fileFindings(connection, path, this.#isOurs)),
    ];
  }

  /** Whether the storage opens its connections itself. */
  get #isOurs(): boolean {
    return this.#options.database === undefined;
  }

  /** Whether the database exists. A URI counts as existing, because only SQLite finds its file. */
  get #isThere(): boolean {
    const { path } = this.#options;
    return !this.#isOurs || path.startsWith("file:") || existsSync(path);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  /** Returns the version of the schema. A missing file is not created. */
  async #version(to: number): Promise<number> {
    const version = this.#isThere ? await this.#read(foundVersion) : 0;
    checkMigrationTarget(version, to, knownVersion);
    return version;
  }

  async #read<T>(read: (connection: Connection) => T | Promise<T>): Promise<T> {
    const { path } = this.#options;
    const database = this.#options.database ?? await openNodeSqlite(path);
    try {
      if (this.#isOurs) database.exec("PRAGMA busy_timeout = 10000");
      return await read(new Connection(database, "own", systemClock));
    } catch (error) {
      throw toStorageError(error, path);
    } finally {
      if (this.#isOurs) database.close();
    }
  }
}

/** Returns the size of a database in bytes. */
function sizeOf(connection: Connection): number {
  const count = connection.get("PRAGMA page_count")!.page_count as number;
  return count * (connection.get("PRAGMA page_size")!.page_size as number);
}

function toPlan(version: number, to: number): MigrationPlan {
  const steps = fileNames.slice(version, to).map((name) => stepOf(name, sqlFiles[name]));
  return { version, target: to, known: knownVersion, steps };
}

// The maintenance of a store's database by administrators: migrations and diagnosis. It is not part
// of the storage contract. Drivers implement it for the command line.

/** One step of the migration of a schema. */
export interface MigrationStep {
  /** The name of its file, such as `0019_work_reports.sql`. */
  readonly file: string;
  /** What it does, in a sentence. */
  readonly what: string;
  /** About how long it takes, in milliseconds; undefined if the driver does not estimate it. */
  readonly estimatedMs?: number;
}

/** The state of a schema, and the steps to the wanted version. */
export interface MigrationPlan {
  /** The version that the database has; 0 without a schema. */
  readonly version: number;
  /** The version after the steps. */
  readonly target: number;
  /** The newest version that this program knows. */
  readonly known: number;
  /** The missing steps, in order; empty if there is nothing to do. */
  readonly steps: readonly MigrationStep[];
}

/** A fault that a diagnosis has found. */
export interface Finding {
  /** Its name, for programs, such as `missingIndex`. */
  readonly kind: string;
  /** What is wrong. */
  readonly what: string;
  /** Why it matters. */
  readonly why: string;
  /** What to do. */
  readonly remedy: string;
}

/** The maintenance of a database. */
export interface Maintenance extends AsyncDisposable {
  /**
   * Returns the steps from the schema of the database to a version.
   *
   * @param to The version. @default the newest that this program knows
   * @throws {SchemaVersionError} If the schema is newer than this program.
   */
  plan(to?: number): Promise<MigrationPlan>;
  /**
   * Returns a script with the steps. The database's own client can run the script unchanged.
   *
   * @param to As for {@linkcode Maintenance.plan}.
   */
  script(to?: number): Promise<string>;
  /**
   * Applies the steps, all or none. Several processes may do this at the same time.
   *
   * @param to As for {@linkcode Maintenance.plan}.
   * @returns The plan with the steps that this process applied.
   */
  migrate(to?: number): Promise<MigrationPlan>;
  /** Finds faults of the database: of its schema, its settings and its state. */
  diagnose(): Promise<readonly Finding[]>;
}

/** The maintenance of a storage; see {@linkcode Storage.maintenance}. */
export interface StorageMaintenance {
  /**
   * Opens the maintenance. The storage need not be open. The maintenance has connections of its
   * own, unless the application passed open connections to the storage.
   */
  open(): Promise<Maintenance>;
}

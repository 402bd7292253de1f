// The storage errors, divided by the possible reactions of the caller.

import { EverTaskError } from "../guards/errors.ts";

/** The base of all storage errors. Drivers keep the database's own error as `cause`. */
export class StorageError extends EverTaskError {
  /** `StorageError` */
  override name = "StorageError";
  /**
   * Whether a retry can succeed, as after a lost connection, a deadlock, a busy file or a full
   * disk. Writes that fail this way are retried after growing pauses until they succeed or the
   * lease is lost.
   */
  readonly transient: boolean = false;
}

/**
 * The database cannot be used at the moment: the connection was lost, the server restarts, the file
 * is locked, or the transaction was chosen as a deadlock's victim. It is unknown whether the write
 * under way was committed.
 */
export class StorageUnavailableError extends StorageError {
  /** `StorageUnavailableError` */
  override name = "StorageUnavailableError";
  /** A retry can succeed. */
  override readonly transient = true;
}

/**
 * The disk or the quota is full. Nothing of the write was stored. The write is retried, because
 * space can become free.
 */
export class StorageFullError extends StorageError {
  /** `StorageFullError` */
  override name = "StorageFullError";
  /** A retry can succeed. */
  override readonly transient = true;
}

/**
 * The database can be read but not written. The cause is the permissions of its file, its folder or
 * the connected user.
 */
export class StorageReadOnlyError extends StorageError {
  /** `StorageReadOnlyError` */
  override name = "StorageReadOnlyError";
}

/** The file is not a database, or is damaged. */
export class StorageFormatError extends StorageError {
  /** `StorageFormatError` */
  override name = "StorageFormatError";
}

/**
 * The schema in the database is newer than this version of EverTask, or it is older and `migrate`
 * is off. The message names both versions and the remedy.
 */
export class SchemaVersionError extends StorageError {
  /** `SchemaVersionError` */
  override name = "SchemaVersionError";
  /** The version found in the database; 0 when there is no schema yet. */
  readonly found: number;
  /** The version that this code supports. */
  readonly known: number;

  /** Creates the error with both versions. */
  constructor(found: number, known: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.found = found;
    this.known = known;
  }
}

/** The storage was used before `open` or after `close`. */
export class StorageClosedError extends StorageError {
  /** `StorageClosedError` */
  override name = "StorageClosedError";
}

/**
 * The worker is no longer registered: its heartbeat was late, and other workers took over its
 * tasks. The process must register a new worker, under a new id, before it claims tasks.
 */
export class WorkerLostError extends StorageError {
  /** `WorkerLostError` */
  override name = "WorkerLostError";
  /** The worker that is not registered. */
  readonly workerId: string;

  /** Creates the error for a worker. */
  constructor(workerId: string) {
    super(
      `Worker ${workerId} is not registered: its heartbeat was late and its tasks were given to others. ` +
        `Register a new worker.`,
    );
    this.workerId = workerId;
  }
}

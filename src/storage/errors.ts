// Errors of storage, by what the caller can do about them.

import { EverTaskError } from "../guards/errors.ts";

/** The base of all storage errors. Drivers keep the database's own error as `cause`. */
export class StorageError extends EverTaskError {
  /** `StorageError` */
  override name = "StorageError";
  /**
   * Whether trying again can help: a lost connection, a deadlock, a busy file, a full disk. Writes
   * that fail this way are repeated with growing pauses until they succeed or the lease is lost.
   */
  readonly transient: boolean = false;
}

/**
 * The database cannot be used at the moment: the connection was lost, the server restarts, the file
 * is locked, the transaction was chosen as a deadlock's victim. It is unknown whether the write
 * under way was committed.
 */
export class StorageUnavailableError extends StorageError {
  /** `StorageUnavailableError` */
  override name = "StorageUnavailableError";
  /** Trying again can help. */
  override readonly transient = true;
}

/**
 * The disk or the quota is full. Nothing of the write was kept; it is retried, since room can
 * be made.
 */
export class StorageFullError extends StorageError {
  /** `StorageFullError` */
  override name = "StorageFullError";
  /** Trying again can help. */
  override readonly transient = true;
}

/**
 * The database can be read but not written: its file, its folder or the connected user's rights do
 * not allow it.
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
 * The schema in the database does not fit this version of EverTask: it is newer, or it is older and
 * `migrate` is off. The message names both versions and what to do.
 */
export class SchemaVersionError extends StorageError {
  /** `SchemaVersionError` */
  override name = "SchemaVersionError";
  /** The version found in the database; 0 when there is no schema yet. */
  readonly found: number;
  /** The version that this code knows. */
  readonly known: number;

  /** Takes both versions beside the message. */
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
 * The worker is no longer known to the storage: its heartbeat was late and others took over its
 * tasks. It must register again, under a new id, before it claims.
 */
export class WorkerLostError extends StorageError {
  /** `WorkerLostError` */
  override name = "WorkerLostError";
  /** The worker that is not registered. */
  readonly workerId: string;

  /** Writes the message for a worker. */
  constructor(workerId: string) {
    super(
      `Worker ${workerId} is not registered: its heartbeat was late and its tasks were given to others. ` +
        `Register a new worker.`,
    );
    this.workerId = workerId;
  }
}

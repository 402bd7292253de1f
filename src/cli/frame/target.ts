// The store that a command works on: a database, or the REST API of a running system.

import type { Storage } from "../../storage/storage.ts";
import type { AnyTask } from "../../task/task.ts";

/** A database that the command opens. */
export interface StorageTarget {
  readonly kind: "storage";
  /** The URL, such as `sqlite:app.db`, or the storage that a configuration file has made. */
  readonly storage: string | Storage;
  /** The schema of the tables; undefined for the default. */
  readonly schema: string | undefined;
  /** The tasks of the application. Their validators check payloads. */
  readonly tasks: readonly AnyTask[];
}

/** The REST API of a running system. */
export interface ApiTarget {
  readonly kind: "api";
  readonly url: string;
  /** The token of the person; undefined for an API that needs none. */
  readonly token: string | undefined;
}

export type Target = StorageTarget | ApiTarget;

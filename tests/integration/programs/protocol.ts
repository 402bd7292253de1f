// What a test and the worker processes that it starts tell each other: the setup goes in as an
// argument, reports come back as lines of JSON. A line that was written is not lost when the
// process is killed.

import type { PostgresStorageOptions } from "../../../drivers/postgres/mod.ts";
import type { SqliteStorageOptions } from "../../../drivers/sqlite/mod.ts";
import type { TaskEventKind } from "../../../mod.ts";

/** How a worker process is set up. */
export interface WorkerSetup {
  readonly storage: StorageSetup;
  readonly leaseMs: number;
  readonly parallelism: number;
  /** @default the engine's */
  readonly poisonLimit?: number;
  /** Whether it finds tasks only when it is told of them. @default false */
  readonly hardlyPolls?: boolean;
  /** How far this process's own clock is off. @default 0 */
  readonly clockOffsetMs?: number;
}

/** The storage of a worker process. */
export type StorageSetup =
  | { readonly sqlite: Pick<SqliteStorageOptions, "path" | "busyTimeout"> }
  | { readonly postgres: Pick<PostgresStorageOptions, "url" | "notify"> };

/**
 * One line from a worker process. Instants are the machine's clock, whatever the process's own
 * says.
 */
export type Report =
  | { readonly kind: "ready"; readonly workerId: string }
  | RunReport
  | EventReport
  | { readonly kind: "log"; readonly level: "warn" | "error"; readonly text: string };

/** What became of a run of a handler: it started, its signal aborted, it ended. */
export interface RunReport {
  readonly kind: "started" | "aborted" | "ended";
  readonly taskId: string;
  readonly attempt: number;
  readonly at: number;
  /** Why the signal aborted. */
  readonly reason?: string;
}

/** An event that a test may want to know of. */
export interface EventReport {
  readonly kind: "event";
  readonly event: TaskEventKind;
  readonly taskId: string;
  /** The worker that the event is about: for `lost`, the one that was lost. */
  readonly workerId: string | null;
  readonly at: number;
}

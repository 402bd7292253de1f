// The protocol between a test and its worker processes: the setup is an argument, and reports are
// lines of JSON. A written line survives a kill of the process.

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
  /** Whether it finds tasks only by notifications. @default false */
  readonly hardlyPolls?: boolean;
  /** Whether it watches the events of all processes. @default false */
  readonly watches?: boolean;
  /** How far this process's own clock is off. @default 0 */
  readonly clockOffsetMs?: number;
}

/** The storage of a worker process. */
export type StorageSetup =
  | { readonly sqlite: Pick<SqliteStorageOptions, "path" | "busyTimeout"> }
  | { readonly postgres: Pick<PostgresStorageOptions, "url" | "notify"> };

/**
 * One line from a worker process. Instants are by the machine's clock, not by the process's own.
 */
export type Report =
  | { readonly kind: "ready"; readonly workerId: string }
  | RunReport
  | EventReport
  | { readonly kind: "log"; readonly level: "warn" | "error"; readonly text: string };

/** A step of a handler's run: it started, its signal aborted, it ended. */
export interface RunReport {
  readonly kind: "started" | "aborted" | "ended";
  readonly taskId: string;
  readonly attempt: number;
  readonly at: number;
  /** Why the signal aborted. */
  readonly reason?: string;
}

/** An event of the worker. */
export interface EventReport {
  readonly kind: "event";
  readonly event: TaskEventKind;
  readonly taskId: string;
  /** The worker that the event is about: for `lost`, the one that was lost. */
  readonly workerId: string | null;
  readonly at: number;
}

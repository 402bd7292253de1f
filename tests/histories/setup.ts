// The messages between a controller and its worker processes.

import type { AskDeed, TaskType } from "../../src/testing/simulation/scenario.ts";

/** The kind of a store, as the commands name it. */
export type StoreKind = "sqlite" | "postgres" | "sqlserver";

/** The setup of a worker process. */
export interface ProcessSetup {
  /** The name of the process in the history. */
  readonly name: string;
  readonly store: StoreKind;
  /** The address of the store: a path, a URL, or the schema on a T-SQL engine. */
  readonly address: string;
  /** Its environment variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** The file to which the process writes its records. */
  readonly records: string;
  /** The beginning of the history, in epoch milliseconds. */
  readonly startsAt: number;
  /** The types of tasks that it runs. */
  readonly knows: readonly TaskType[];
  /** By how much its own clock is ahead, in milliseconds. */
  readonly clockOffsetMs: number;
  readonly leaseMs: number;
  readonly poisonLimit: number;
  /** How long a dispatch is repeated while the store does not answer, in milliseconds. */
  readonly dispatchRetryMs: number;
  /** How long history is kept, in days; null: for ever. */
  readonly retentionDays: number | null;
  /** How often history is purged, in milliseconds. */
  readonly retentionEveryMs: number;
  /** Whether it serves a dashboard, and keeps it open. */
  readonly dashboard: boolean;
  /** How often it reports figures, in milliseconds; null: never. */
  readonly figuresEveryMs: number | null;
}

/**
 * A line from the controller: a call to make, a report of when all calls so far have an answer, or
 * the end of the process after a graceful stop.
 */
export type Order =
  | AskDeed
  | { readonly kind: "reportAnswers" }
  | { readonly kind: "end"; readonly timeoutMs: number };

/** A line to the controller. */
export type Report = { readonly kind: "ready" } | { readonly kind: "answered" } | Figures;

/** Figures of a process since its last report. */
export interface Figures {
  readonly kind: "figures";
  /** Handlers that have ended. */
  readonly ended: number;
  /** Calls of the store. */
  readonly calls: number;
  /** Processor time in milliseconds. */
  readonly cpuMs: number;
  /** Bytes on the heap after a collection. */
  readonly heap: number;
  /** Bytes of objects outside the heap that the heap refers to, such as buffers. */
  readonly external: number;
  /**
   * Bytes of the heap's young generation. V8 enlarges it in steps, over hours, up to a fixed limit.
   */
  readonly young: number;
  /** Bytes of memory of the process, without the young generation. */
  readonly memory: number;
}

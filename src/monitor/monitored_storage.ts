// What monitoring asks of the storage: a few verbs that read, so that a wrapper or another source can stand in for it.

import type { WorkerRecord } from "../storage/records.ts";
import type { AuditGrowth, StorageStatistics } from "../storage/queries.ts";

/** The part of the storage that monitoring reads; every storage has it. */
export interface MonitoredStorage {
  /** Counts by status and queue. */
  statistics(): Promise<StorageStatistics>;
  /** The registered workers, oldest first. */
  workers(): Promise<readonly WorkerRecord[]>;
  /** The size and growth of the audit tables and the execution log. */
  auditGrowth(): Promise<readonly AuditGrowth[]>;
}

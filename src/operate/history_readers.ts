// The readers of a task's history, which the REST API and the command line share.

import type { HistoryPageRequest, Page } from "../storage/queries.ts";
import type { ExecutionLogRecord, RunsAuditRecord, StatusAuditRecord } from "../storage/records.ts";
import type { Dated } from "../time/dated.ts";

/** Reads the history of a task; every `EverTask` does. */
export interface HistoryReaders {
  /** A page of a task's status changes. */
  statusAudit(taskId: string, page?: HistoryPageRequest): Promise<Page<Dated<StatusAuditRecord>>>;
  /** A page of a series' runs. */
  runsAudit(taskId: string, page?: HistoryPageRequest): Promise<Page<Dated<RunsAuditRecord>>>;
  /** A page of the lines that a task's handler logged. */
  executionLogs(
    taskId: string,
    page?: HistoryPageRequest,
  ): Promise<Page<Dated<ExecutionLogRecord>>>;
}

// Writes changes of status and ends of runs. Each batch is one call. Its rows are in the order in
// which the server locks them.

import { auditLevelToNumber } from "../../src/audit/audit_level.ts";
import { inLockOrder } from "../../src/storage/kit/lock_order.ts";
import type { ChangeResult, RunEnd, StatusChange } from "../../src/storage/requests.ts";
import { lastTransition } from "../../src/storage/status_transitions.ts";
import * as batches from "./batches.ts";
import type { SqlServerDatabase } from "./database.ts";
import type { Recordsets } from "./recordsets.ts";
import { toDate, toWholeMs } from "./instants.ts";
import { lockKey } from "./lock_key.ts";
import { bigInt, bit, float, id, instant, int, name, text } from "./mssql.ts";
import { truth } from "./rows.ts";
import { nameLengths, toStored } from "./text.ts";

/** Implements {@linkcode Storage.setStatusMany}. */
export function setStatusMany(
  database: SqlServerDatabase,
  changes: readonly StatusChange[],
  connection: unknown,
): Promise<readonly ChangeResult[]> {
  return inLockOrder(changes, ({ taskId }) => lockKey(taskId), async (sorted) => {
    if (sorted.length === 1 && sorted[0]!.transitions.length === 1) {
      return toResults(await setStatus(database, sorted[0]!, connection));
    }
    const parameters = {
      Changes: batches.statusChanges(sorted),
      Steps: batches.statusTransitions(sorted),
    };
    return toResults(await database.call("usp_SetTaskStatuses", parameters, connection));
  });
}

/** Implements {@linkcode Storage.updateCurrentRunMany}. */
export function updateCurrentRunMany(
  database: SqlServerDatabase,
  runs: readonly RunEnd[],
  connection: unknown,
): Promise<readonly ChangeResult[]> {
  return inLockOrder(runs, ({ taskId }) => lockKey(taskId), async (sorted) => {
    if (sorted.length === 1 && sorted[0]!.transitions.length === 1) {
      return toResults(await updateCurrentRun(database, sorted[0]!, connection));
    }
    const parameters = {
      Runs: batches.runEnds(sorted),
      Steps: batches.statusTransitions(sorted),
    };
    return toResults(await database.call("usp_UpdateCurrentRuns", parameters, connection));
  });
}

/**
 * Applies one change with one transition, the most common case. Passes single values as parameters,
 * because they cost the server less than rows.
 */
function setStatus(
  database: SqlServerDatabase,
  change: StatusChange,
  connection: unknown,
): Promise<Recordsets> {
  const { status, exception, agoMs } = lastTransition(change);
  const parameters = {
    TaskId: id(change.taskId),
    Status: name(status, nameLengths.status),
    Exception: text(toStored(exception)),
    AuditLevel: int(auditLevelToNumber(change.auditLevel)),
    ExecutionTimeMs: float(change.executionTimeMs ?? null),
    AgoMs: bigInt(toWholeMs(agoMs)),
    ...leaseParameters(change),
    DueInMs: bigInt(change.dueInMs === undefined ? null : toWholeMs(change.dueInMs)),
    ReturnAttempt: bit(change.returnAttempt ?? false),
    RateSlotUtc: instant(toDate(change.rateSlotAt ?? null)),
  };
  return database.call("usp_SetTaskStatus", parameters, connection);
}

/** Ends one run with one transition. */
function updateCurrentRun(
  database: SqlServerDatabase,
  run: RunEnd,
  connection: unknown,
): Promise<Recordsets> {
  const { status, exception, agoMs } = lastTransition(run);
  const parameters = {
    TaskId: id(run.taskId),
    ExecutionTimeMs: float(run.executionTimeMs),
    NextRunUtc: instant(toDate(run.nextRunAt)),
    AuditLevel: int(auditLevelToNumber(run.auditLevel)),
    Status: name(status, nameLengths.status),
    Exception: text(toStored(exception)),
    AgoMs: bigInt(toWholeMs(agoMs)),
    ...leaseParameters(run),
    Counts: bit(run.counts ?? true),
  };
  return database.call("usp_UpdateCurrentRun", parameters, connection);
}

function leaseParameters({ lease }: Pick<StatusChange, "lease">) {
  const workerId = lease === undefined ? null : batches.storedWorker(lease.workerId);
  return {
    WorkerId: name(workerId, nameLengths.worker),
    LeaseToken: bigInt(lease === undefined ? null : lease.token),
  };
}

function toResults([found]: Recordsets): ChangeResult[] {
  return found!.map(({ Applied }) => ({ applied: truth(Applied) }));
}

// The one-forms of the storage contract's many-forms, written once for all drivers.

import type { AuditLevel } from "../audit/audit_level.ts";
import type { ChangeResult } from "./requests.ts";
import type { Storage } from "./storage.ts";
import type { TaskStatus } from "./task_status.ts";

/** {@linkcode Storage.setStatus} as {@linkcode Storage.setStatusMany} with one change. */
export async function setStatusByMany(
  storage: Pick<Storage, "setStatusMany">,
  taskId: string,
  status: TaskStatus,
  exception: string | null,
  auditLevel: AuditLevel,
  options: Parameters<Storage["setStatus"]>[4] = {},
): Promise<ChangeResult> {
  const { agoMs = 0, connection, ...change } = options;
  const transitions = [{ status, exception, agoMs }];
  const [result] = await storage.setStatusMany(
    [{ ...change, taskId, auditLevel, transitions }],
    connection === undefined ? {} : { connection },
  );
  return result!;
}

/**
 * {@linkcode Storage.updateCurrentRun} as {@linkcode Storage.updateCurrentRunMany} with one run.
 */
export async function updateCurrentRunByMany(
  storage: Pick<Storage, "updateCurrentRunMany">,
  taskId: string,
  executionTimeMs: number,
  nextRunAt: number | null,
  auditLevel: AuditLevel,
  options: Parameters<Storage["updateCurrentRun"]>[4] = {},
): Promise<ChangeResult> {
  const { status = "Completed", exception = null, agoMs = 0, connection, ...run } = options;
  const transitions = [{ status, exception, agoMs }];
  const [result] = await storage.updateCurrentRunMany(
    [{ ...run, taskId, executionTimeMs, nextRunAt, auditLevel, transitions }],
    connection === undefined ? {} : { connection },
  );
  return result!;
}

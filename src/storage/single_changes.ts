// Implements the single-task methods of the storage contract by the batch methods, for all drivers.

import { checkMethods, isPlain } from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";
import type { AuditLevel } from "../audit/audit_level.ts";
import type { ChangeResult } from "./requests.ts";
import type { Storage } from "./storage.ts";
import type { TaskStatus } from "./task_status.ts";

/**
 * Implements {@linkcode Storage.setStatus} by {@linkcode Storage.setStatusMany} with one change.
 * Rejects with an InvalidArgumentError if `storage` or `options` has the wrong type. The storage
 * checks everything else.
 */
export async function setStatusByMany(
  storage: Pick<Storage, "setStatusMany">,
  taskId: string,
  status: TaskStatus,
  exception: string | null,
  auditLevel: AuditLevel,
  options: Parameters<Storage["setStatus"]>[4] = {},
): Promise<ChangeResult> {
  checkMethods(storage, ["setStatusMany"], "storage", "have the method setStatusMany");
  checkPlain(options);
  const { agoMs = 0, connection, ...change } = options;
  const transitions = [{ status, exception, agoMs }];
  const results = await storage.setStatusMany(
    [{ ...change, taskId, auditLevel, transitions }],
    connection === undefined ? {} : { connection },
  );
  return onlyOf(results);
}

/**
 * Implements {@linkcode Storage.updateCurrentRun} by {@linkcode Storage.updateCurrentRunMany} with
 * one run. Rejects as {@linkcode setStatusByMany} does.
 */
export async function updateCurrentRunByMany(
  storage: Pick<Storage, "updateCurrentRunMany">,
  taskId: string,
  executionTimeMs: number,
  nextRunAt: number | null,
  auditLevel: AuditLevel,
  options: Parameters<Storage["updateCurrentRun"]>[4] = {},
): Promise<ChangeResult> {
  checkMethods(
    storage,
    ["updateCurrentRunMany"],
    "storage",
    "have the method updateCurrentRunMany",
  );
  checkPlain(options);
  const { status = "Completed", exception = null, agoMs = 0, connection, ...run } = options;
  const transitions = [{ status, exception, agoMs }];
  const results = await storage.updateCurrentRunMany(
    [{ ...run, taskId, executionTimeMs, nextRunAt, auditLevel, transitions }],
    connection === undefined ? {} : { connection },
  );
  return onlyOf(results);
}

function checkPlain(options: unknown): void {
  if (!isPlain(options)) throw new InvalidArgumentError("options", options, "be an object");
}

function onlyOf(results: readonly ChangeResult[]): ChangeResult {
  const result = Array.isArray(results) ? results[0] : undefined;
  if (result !== undefined) return result;
  throw new InvalidArgumentError("storage", results, "answer with a result for each change");
}

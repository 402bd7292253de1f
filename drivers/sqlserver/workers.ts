// Manages workers: registration, heartbeats, and lost workers.

import type { WorkerRecord } from "../../src/storage/records.ts";
import type {
  HeartbeatResult,
  LostTask,
  NewOperatorAction,
  ReleaseLostRequest,
  WorkerRegistration,
} from "../../src/storage/requests.ts";
import { encodeServes } from "../../src/storage/worker_serves.ts";
import { actionParameters } from "./actions.ts";
import { storedWorker } from "./batches.ts";
import type { SqlServerDatabase } from "./database.ts";
import { toWholeMs } from "./instants.ts";
import { bigInt, int, name, type Parameter, text } from "./mssql.ts";
import { toWatcher } from "./relay.ts";
import * as rows from "./rows.ts";
import { fromStoredName, nameLengths, toStored, toStoredName } from "./text.ts";

/** Returns a worker's id as a parameter. */
export function worker(workerId: string): Parameter {
  return name(storedWorker(workerId), nameLengths.worker);
}

/** Implements {@linkcode Storage.registerWorker}. */
export async function registerWorker(
  database: SqlServerDatabase,
  { id, host, serves, process }: WorkerRegistration,
): Promise<void> {
  const storedHost = toStoredName(host, "host", nameLengths.host);
  await database.call("usp_RegisterWorker", {
    WorkerId: worker(id),
    Host: name(storedHost, nameLengths.host),
    Serves: text(encodeServes(serves, process)),
  });
}

/** Implements {@linkcode Storage.heartbeat}. */
export async function heartbeat(
  database: SqlServerDatabase,
  workerId: string,
  leaseMs: number,
): Promise<HeartbeatResult> {
  const parameters = { WorkerId: worker(workerId), LeaseMs: bigInt(toWholeMs(leaseMs)) };
  const [state, cancels, paused, watchers] = await database.call("usp_Heartbeat", parameters);
  const { Now, Alive, Draining, OthersLost } = state![0]!;
  return {
    now: rows.instant(Now),
    alive: rows.truth(Alive),
    cancelRequests: cancels!.map(({ TaskId }) => rows.id(TaskId)),
    pausedQueues: paused!.map(({ QueueName }) => fromStoredName(rows.text(QueueName))),
    draining: rows.truth(Draining),
    othersLost: rows.truth(OthersLost),
    watchers: watchers!.map(toWatcher),
  };
}

/** Implements {@linkcode Storage.drainWorker}. */
export async function drainWorker(
  database: SqlServerDatabase,
  workerId: string,
  action: NewOperatorAction,
): Promise<boolean> {
  const parameters = { WorkerId: worker(workerId), ...actionParameters(action) };
  const [answer] = await database.call("usp_DrainWorker", parameters);
  return rows.truth(answer![0]!.Registered);
}

/** Implements {@linkcode Storage.unregisterWorker}. */
export async function unregisterWorker(
  database: SqlServerDatabase,
  workerId: string,
): Promise<void> {
  await database.call("usp_UnregisterWorker", { WorkerId: worker(workerId) });
}

/** Implements {@linkcode Storage.releaseLost}. */
export async function releaseLost(
  database: SqlServerDatabase,
  { leaseMs, poisonLimit, lostReason, poisonReason }: ReleaseLostRequest,
): Promise<readonly LostTask[]> {
  const [lost] = await database.call("usp_ReleaseLost", {
    LeaseMs: bigInt(toWholeMs(leaseMs)),
    PoisonLimit: int(poisonLimit),
    LostReason: text(toStored(lostReason)),
    PoisonReason: text(toStored(poisonReason)),
  });
  return lost!.map((row) => ({
    taskId: rows.id(row.TaskId),
    type: fromStoredName(rows.text(row.Type)),
    queue: fromStoredName(rows.textOrNull(row.QueueName)) ?? rows.defaultQueue,
    workerId: fromStoredName(rows.text(row.WorkerId)),
    lostCount: Number(row.LostCount),
    poisoned: rows.truth(row.Poisoned),
  }));
}

/** Implements {@linkcode Storage.workers}. */
export async function readWorkers(database: SqlServerDatabase): Promise<WorkerRecord[]> {
  const [found] = await database.query(
    "SELECT [Id], [Host], [Serves], [IsDraining], [StartedUtc], [HeartbeatUtc], " +
      "CAST(SYSUTCDATETIME() AS datetimeoffset(3)) AS [Now] " +
      "FROM [EverTask].[Workers] ORDER BY [StartedUtc], [Id];",
  );
  return found!.map(rows.toWorker);
}

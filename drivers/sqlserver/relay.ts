// Exchanges events between processes.

import type { VerbArguments as Args, VerbResult as Result } from "../../src/storage/kit/verbs.ts";
import type { EventBatch, EventWatcher } from "../../src/storage/requests.ts";
import { eventPositions } from "./batches.ts";
import type { SqlServerDatabase } from "./database.ts";
import { toWholeMs } from "./instants.ts";
import { bigInt, bit, int, name, type Parameter, text } from "./mssql.ts";
import type { Row } from "./recordsets.ts";
import * as rows from "./rows.ts";
import { fromStored, fromStoredName, nameLengths, toStored, toStoredName } from "./text.ts";

/** Implements {@linkcode Storage.watchEvents}. */
export async function watchEvents(
  database: SqlServerDatabase,
  { id, forMs, parameters }: Args<"watchEvents">[0],
): Result<"watchEvents"> {
  const [state, watchers, positions] = await database.call("usp_WatchEvents", {
    WatcherId: process(id),
    ForMs: bigInt(toWholeMs(forMs)),
    Parameters: bit(parameters),
  });
  return {
    began: rows.truth(state![0]!.Began),
    watchers: watchers!.map(toWatcher),
    positions: new Map(
      positions!.map(({ WriterId, UpTo }) => [fromStoredName(rows.text(WriterId)), Number(UpTo)]),
    ),
  };
}

/** Implements {@linkcode Storage.unwatchEvents}. */
export async function unwatchEvents(
  database: SqlServerDatabase,
  watcherId: string,
): Promise<void> {
  await database.call("usp_UnwatchEvents", { WatcherId: process(watcherId) });
}

/** Implements {@linkcode Storage.publishEvents}. */
export async function publishEvents(
  database: SqlServerDatabase,
  { writerId, since, upTo, workerId, host, events }: EventBatch,
): Result<"publishEvents"> {
  const [watchers] = await database.call("usp_PublishEvents", {
    WriterId: process(writerId),
    Since: bigInt(since),
    UpTo: bigInt(upTo),
    WorkerId: workerId === null ? name(null, nameLengths.worker) : process(workerId),
    Host: name(toStoredName(host, "host", nameLengths.host), nameLengths.host),
    Events: text(toStored(events)),
  });
  return watchers!.map(toWatcher);
}

/** Implements {@linkcode Storage.readEvents}. */
export async function readEvents(
  database: SqlServerDatabase,
  { after, exceptFrom, limit }: Args<"readEvents">[0],
): Result<"readEvents"> {
  const [state, batches] = await database.call("usp_ReadEvents", {
    After: eventPositions(after),
    ExceptFrom: process(exceptFrom),
    Limit: int(limit),
  });
  return { now: rows.instant(state![0]!.Now), batches: batches!.map(toBatch) };
}

/** Implements {@linkcode Storage.sweepEvents}. */
export async function sweepEvents(database: SqlServerDatabase): Promise<number> {
  const [state] = await database.call("usp_SweepEvents", {});
  return Number(state![0]!.Swept);
}

/** Converts a row with the columns of a watcher. */
export function toWatcher({ Id, Parameters }: Row): EventWatcher {
  return { id: fromStoredName(rows.text(Id)), parameters: rows.truth(Parameters) };
}

function toBatch(row: Row): EventBatch {
  return {
    writerId: fromStoredName(rows.text(row.WriterId)),
    since: Number(row.Since),
    upTo: Number(row.UpTo),
    host: fromStoredName(rows.text(row.Host)),
    workerId: fromStoredName(rows.textOrNull(row.WorkerId)),
    events: fromStored(rows.text(row.Events)),
  };
}

/** Returns the id of a process or a worker as a parameter. */
function process(id: string): Parameter {
  return name(toStoredName(id, "id", nameLengths.worker), nameLengths.worker);
}

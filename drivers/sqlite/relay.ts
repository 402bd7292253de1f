// Exchanges events between processes.

import { eventsKeptMs, mostSwept } from "../../src/storage/kit/event_book.ts";
import type {
  EventBatch,
  EventWatcher,
  ReadEvents,
  ReadEventsRequest,
  WatchRequest,
  WatchResult,
} from "../../src/storage/requests.ts";
import type { Connection } from "./connection.ts";
import { countChange } from "./counters.ts";
import type { SqliteRow, SqliteValue } from "./sqlite_library.ts";

/** Selects all watchers as one JSON text; the parameter is the time. */
export const selectWatchers =
  "SELECT json_group_array(json_object('id', id, 'parameters', parameters)) FROM " +
  "(SELECT id, parameters FROM event_watchers WHERE expires_at_utc > ? ORDER BY id)";

/** The watchers in a column of {@linkcode selectWatchers}. */
export function toWatchers(text: SqliteValue): EventWatcher[] {
  const rows = JSON.parse(text as string) as { id: string; parameters: number }[];
  return rows.map(({ id, parameters }) => ({ id, parameters: parameters === 1 }));
}

function watchersNow(connection: Connection, now: number): EventWatcher[] {
  return toWatchers(connection.get(`SELECT (${selectWatchers}) AS watchers`, now)!.watchers!);
}

const upsertWatcher = "INSERT INTO event_watchers (id, expires_at_utc, parameters) " +
  "VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET " +
  "expires_at_utc = excluded.expires_at_utc, parameters = excluded.parameters";

/** Selects the writers of stored batches, with one index search each. */
export const selectWriters = "WITH RECURSIVE writer(id) AS (" +
  "SELECT min(writer_id) FROM relayed_events UNION ALL " +
  "SELECT (SELECT min(writer_id) FROM relayed_events WHERE writer_id > writer.id) FROM writer " +
  "WHERE writer.id IS NOT NULL) SELECT id FROM writer WHERE id IS NOT NULL";

const lastOf = "SELECT max(up_to) AS up_to FROM relayed_events WHERE writer_id = ?";

/** Registers or renews a watcher; see `Storage.watchEvents`. */
export function watchEvents(
  connection: Connection,
  { id, parameters, forMs }: WatchRequest,
): WatchResult {
  return connection.transaction((now) => {
    const before = watchersNow(connection, now).find((watcher) => watcher.id === id);
    const began = before === undefined || parameters && !before.parameters;
    connection.run(upsertWatcher, id, Math.round(now + forMs), parameters ? 1 : 0);
    if (began) countChange(connection, "watch_changes");
    const positions = writers(connection).map((writer): [string, number] => [
      writer,
      connection.get(lastOf, writer)!.up_to as number,
    ]);
    const watchers = watchersNow(connection, now);
    return { began, watchers, positions: new Map(positions) };
  });
}

/** Removes a watcher. */
export function unwatchEvents(connection: Connection, watcherId: string): void {
  connection.transaction(() =>
    connection.run("DELETE FROM event_watchers WHERE id = ?", watcherId)
  );
}

const insertBatch = "INSERT INTO relayed_events " +
  "(writer_id, up_to, since, written_at_utc, worker_id, host, events) " +
  "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";

/** Stores a batch if there is a watcher; see `Storage.publishEvents`. */
export function publishEvents(
  connection: Connection,
  { writerId, upTo, since, workerId, host, events }: EventBatch,
): EventWatcher[] {
  return connection.transaction((now) => {
    const watchers = watchersNow(connection, now);
    if (watchers.length > 0) {
      connection.run(insertBatch, writerId, upTo, since, now, workerId, host, events);
    }
    return watchers;
  });
}

const selectBatches = "SELECT writer_id, up_to, since, worker_id, host, events " +
  "FROM relayed_events WHERE writer_id = ? AND up_to > ? ORDER BY up_to LIMIT ?";

/** Reads batches of other writers; see `Storage.readEvents`. */
export function readEvents(
  connection: Connection,
  now: number,
  { after, exceptFrom, limit }: ReadEventsRequest,
): ReadEvents {
  const batches = writers(connection)
    .filter((writer) => writer !== exceptFrom)
    .flatMap((writer) => connection.all(selectBatches, writer, after.get(writer) ?? 0, limit));
  return { now, batches: batches.map(toBatch) };
}

const sweepWatchers = "DELETE FROM event_watchers WHERE expires_at_utc <= ?";
const sweepBatches = "DELETE FROM relayed_events WHERE rowid IN (" +
  "SELECT rowid FROM relayed_events WHERE written_at_utc < ? ORDER BY written_at_utc LIMIT ?)";

/** Removes expired watchers and old batches; see `Storage.sweepEvents`. */
export function sweepEvents(connection: Connection): number {
  return connection.transaction((now) => {
    connection.run(sweepWatchers, now);
    const isWatched = connection.get("SELECT 1 FROM event_watchers LIMIT 1") !== undefined;
    const before = isWatched ? now - eventsKeptMs : Number.MAX_SAFE_INTEGER;
    return connection.run(sweepBatches, before, mostSwept);
  });
}

function writers(connection: Connection): string[] {
  return connection.all(selectWriters).map((row) => row.id as string);
}

function toBatch(row: SqliteRow): EventBatch {
  return {
    writerId: row.writer_id as string,
    since: row.since as number,
    upTo: row.up_to as number,
    host: row.host as string,
    workerId: row.worker_id as string | null,
    events: row.events as string,
  };
}

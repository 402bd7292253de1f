// Pauses and resumes queues.

import { allDone } from "../../src/storage/kit/edit_results.ts";
import type { NewOperatorAction } from "../../src/storage/requests.ts";
import { noteAction } from "./actions.ts";
import type { Connection } from "./connection.ts";
import { countChange } from "./counters.ts";

const pause = "INSERT INTO paused_queues (queue_name) VALUES (?) ON CONFLICT DO NOTHING";
const resume = "DELETE FROM paused_queues WHERE queue_name = ?";
// Names are read as bytes, because SQLite libraries read a text only up to the first U+0000.
const selectPaused = "SELECT CAST(queue_name AS BLOB) AS queue_name FROM paused_queues " +
  "ORDER BY paused_queues.queue_name";

/** Pauses or resumes a queue. */
export function setQueuePaused(
  connection: Connection,
  queue: string,
  paused: boolean,
  action?: NewOperatorAction,
): void {
  connection.transaction((now) => {
    connection.run(paused ? pause : resume, queue);
    countChange(connection, "queue_changes");
    if (action !== undefined) noteAction(connection, now, action, allDone);
  });
}

/** Returns the paused queues. */
export function pausedQueues(connection: Connection): ReadonlySet<string> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const rows = connection.all(selectPaused);
  return new Set(rows.map((row) => decoder.decode(row.queue_name as Uint8Array)));
}

// Checks whether notifications arrive: a pooler that shares sessions between transactions loses
// them.

import type { Finding } from "../../src/storage/maintenance.ts";
import { systemClock } from "../../src/time/clock.ts";
import { onlyValue, type PostgresClient, type RunStatement } from "./connection.ts";

/**
 * Listens on a channel that no other process uses, and sends a notification to that channel.
 *
 * @param patienceMs The time in which a notification must arrive, in milliseconds.
 */
export async function notificationFindings(
  sql: PostgresClient,
  run: RunStatement,
  patienceMs: number,
): Promise<Finding[]> {
  const id = onlyValue(await run("SELECT gen_random_uuid()::text AS id", []));
  const channel = `evertask_doctor_${id}`;
  const arrived = Promise.withResolvers<boolean>();
  let stopTimer = () => {};
  const listening = sql.listen(channel, () => arrived.resolve(true), () => {});
  // If listening fails, no notification arrives, and the timer ends the check.
  listening.catch(() => {});
  try {
    stopTimer = systemClock.setTimer(() => arrived.resolve(false), patienceMs);
    const send = async () => {
      await listening;
      await run("SELECT pg_notify($1::text, '')", [channel]);
    };
    send().catch(() => {});
    if (await arrived.promise) return [];
  } finally {
    stopTimer();
    // The end of listening is not awaited, because a pooler may never answer. The pool closes the
    // connection.
    listening.then(({ unlisten }) => unlisten()).catch(() => {});
  }
  return [{
    kind: "noNotifications",
    what: "A notification that was sent with NOTIFY did not arrive.",
    why:
      "A pooler that shares sessions between transactions loses them. Workers would find tasks " +
      "of other processes, cancellations and pauses only late.",
    remedy: "Connect to PostgreSQL directly, or with the pooler's session mode; or set " +
      "notify: false and prepare: false, so that workers poll every second.",
  }];
}

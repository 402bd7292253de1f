// The resources of an open storage: the pool, its own or the application's, and the channel of
// notifications.

import { backoffMs } from "../../src/storage/batching/backoff.ts";
import { isTransient } from "../../src/storage/batching/retry_transient.ts";
import { StorageError, StorageUnavailableError } from "../../src/storage/errors.ts";
import type { WakeSignal } from "../../src/storage/requests.ts";
import { systemClock } from "../../src/time/clock.ts";
import type { RunStatement } from "./connection.ts";
import { toStorageError } from "./errors.ts";
import type { Functions } from "./functions.ts";
import { migrate } from "./migrations.ts";
import { withMissingRights } from "./missing_rights.ts";
import type { ResolvedOptions } from "./options.ts";
import { makePool, type Pool } from "./pool.ts";
import { limited } from "./query_limit.ts";
import { checkServer } from "./server_check.ts";
import { WakeChannel } from "./wake.ts";

/** An open storage. */
export interface Session {
  /** Runs a statement on the pool. */
  readonly run: RunStatement;
  /** The id of this process, which no other process has. */
  readonly processId: string;
  /** The channel of notifications; null if `notify` is off. */
  readonly channel: WakeChannel | null;
  /** Closes the session. */
  close(): Promise<void>;
}

/**
 * Connects, and updates the schema.
 *
 * @param onWake Called for notifications of other processes.
 * @throws {StorageError} If connecting or updating fails. All resources are then closed.
 */
export async function startSession(
  options: ResolvedOptions,
  functions: Functions,
  onWake: (signal: WakeSignal) => void,
): Promise<Session> {
  const { schema, prepare, queryTimeoutMs } = options;
  const pool = makePool(options);
  const run = limited({ ...pool, clock: systemClock, prepare, limitMs: queryTimeoutMs });
  try {
    const processId = await findServer(pool, run);
    await migrate(run, schema, options.migrate);
    const channel = options.notify
      ? new WakeChannel({
        clock: systemClock,
        sql: pool.sql,
        name: schema,
        sender: processId,
        send: (message) => functions.call(run, "notify_processes", message),
        onSignal: onWake,
      })
      : null;
    pool.keepAlive(false); // so that a program that only dispatches can end
    return {
      run,
      processId,
      channel,
      async close() {
        pool.keepAlive(true);
        await channel?.close();
        await pool.end();
      },
    };
  } catch (error) {
    const told = error instanceof StorageError
      ? error
      : await withMissingRights(error, run, schema, "use");
    await pool.end();
    throw told;
  }
}

/**
 * Finds a usable server. If a server fails, the pool uses the next.
 *
 * @returns An id for this process.
 */
async function findServer(pool: Pool, run: RunStatement): Promise<string> {
  for (let others = pool.servers - 1;; others--) {
    try {
      const { isReadOnly, newId } = await checkServer(run);
      if (!isReadOnly || !pool.mustWrite) return newId;
      pool.leave(null);
      throw new StorageUnavailableError(
        "Every server only reads, and target_session_attrs in the URL asks for one that writes.",
      );
    } catch (error) {
      if (others === 0 || !isTransient(toStorageError(error))) throw error;
    }
    // Waits, because the old connection may take some time to close.
    await new Promise<void>((resolve) => systemClock.setTimer(resolve, backoffMs(1)));
  }
}

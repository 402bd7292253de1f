// What a storage has between open and close: the pool, its own or the application's, and this process's end of the
// channel of notifications.

import postgres from "postgres";
import type { WakeSignal } from "../../src/storage/requests.ts";
import { systemClock } from "../../src/time/clock.ts";
import type { PostgresClient, RunStatement } from "./connection.ts";
import { toStorageError } from "./database_errors.ts";
import type { Functions } from "./functions.ts";
import { migrate } from "./migrations.ts";
import type { ResolvedOptions } from "./options.ts";
import { limited } from "./query_limit.ts";
import { Sockets } from "./sockets.ts";
import { WakeChannel } from "./wake_channel.ts";

/** An open storage. */
export interface Session {
  /** Runs a statement on the pool. */
  readonly run: RunStatement;
  /** What this process is called where processes are told apart. */
  readonly processId: string;
  /** Null when `notify` is off. */
  readonly channel: WakeChannel | null;
  /** Ends what was opened. */
  close(): Promise<void>;
}

/**
 * Connects, and brings the schema up to date.
 *
 * @param onWake Called for what other processes tell.
 * @throws {StorageError} If that fails; then nothing stays open.
 */
export async function startSession(
  options: ResolvedOptions,
  functions: Functions,
  onWake: (signal: WakeSignal) => void,
): Promise<Session> {
  const { schema, prepare, queryTimeoutMs } = options;
  const sockets = new Sockets();
  const own = options.sql === null ? connect(options, sockets) : null;
  const sql: PostgresClient = options.sql ?? own!;
  const end = async () => {
    // Statements have been answered by now, or never will be: after a lost connection postgres.js may wait for one in vain.
    await own?.end({ timeout: 1 });
    sockets.close();
  };
  try {
    await migrate(sql, schema, options.migrate);
    const run = limited({
      clock: systemClock,
      sql,
      prepare,
      limitMs: queryTimeoutMs,
      cut: own && (() => sockets.cut()),
    });
    const [row] = await run("SELECT gen_random_uuid()::text AS id", []);
    const processId = String(Object.values(row!)[0]);
    const channel = options.notify
      ? new WakeChannel({
        clock: systemClock,
        sql,
        name: schema,
        sender: processId,
        send: (message) => functions.call(run, "notify_processes", message),
        onSignal: onWake,
      })
      : null;
    return {
      run,
      processId,
      channel,
      async close() {
        await channel?.close();
        await end();
      },
    };
  } catch (error) {
    await end();
    throw toStorageError(error);
  }
}

function connect(options: ResolvedOptions, sockets: Sockets): postgres.Sql {
  const { url, maxConnections, prepare, queryTimeoutMs } = options;
  return postgres(url!, {
    ...{ socket: sockets.open }, // an option that postgres.js documents and its types lack
    connect_timeout: queryTimeoutMs / 1_000,
    max: maxConnections,
    prepare,
    fetch_types: false, // spares a query on each new connection: every result is text
    onnotice: () => {},
    connection: { application_name: "evertask" },
    backoff: secondsUntilReconnect,
  });
}

/** postgres.js waits up to 20 s by itself: longer than a lease, so that a restarted server would cost all leases. */
function secondsUntilReconnect(failures: number): number {
  return Math.min(1, 0.05 * 2 ** failures);
}

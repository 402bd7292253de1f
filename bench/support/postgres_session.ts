// Queries PostgreSQL separately from the measured storage.

import postgres from "postgres";

/** One connection of our own to a database. */
export class PostgresSession implements AsyncDisposable {
  readonly sql: postgres.Sql;

  constructor(url: string) {
    this.sql = postgres(url, { max: 1, onnotice: () => {} });
  }

  /**
   * Resolves when the database has no other session, because a session reports its writes when it
   * ends.
   */
  async othersEnded(): Promise<void> {
    while (true) {
      const others = await this.sql`
        SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
          AND backend_type = 'client backend'`;
      if (others.length === 0) return;
      await new Promise((resume) => setTimeout(resume, 5));
    }
  }

  /** Returns the size of the write-ahead log so far, in bytes. */
  async walBytes(): Promise<number> {
    const [row] = await this.sql<[{ bytes: string }]>`
      SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') AS bytes`;
    return Number(row.bytes);
  }

  /**
   * Returns the processor time of the whole server so far, in microseconds, including ended
   * processes. Null if it is unknown because the server is on another machine or not on Linux.
   */
  async processorMicroseconds(): Promise<number | null> {
    const [{ data_directory: folder }] = await this.sql<
      [{ data_directory: string }]
    >`SHOW data_directory`;
    try {
      const [server] = (await Deno.readTextFile(`${folder}/postmaster.pid`)).split("\n");
      return ticksOfFamily(server!) * microsecondsPerTick;
    } catch {
      return null;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sql.end();
  }
}

/** USER_HZ, which is 100 on every Linux that Deno runs on. */
const microsecondsPerTick = 10_000;

/**
 * Ticks of a process, of its children that have ended, and of those that run (see
 * proc_pid_stat(5)).
 */
function ticksOfFamily(server: string): number {
  let total = 0;
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const fields = statFields(name);
    if (fields === null) continue;
    const [userTime, systemTime, endedUserTime, endedSystemTime] = fields.slice(11, 15).map(Number);
    const parent = fields[1];
    if (name === server || parent === server) total += userTime! + systemTime!;
    if (name === server) total += endedUserTime! + endedSystemTime!;
  }
  return total;
}

/**
 * Returns the fields after the name in a process's stat file; null if the process has just ended.
 */
function statFields(pid: string): string[] | null {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return null;
  }
}

// The application's tables, in the same database file as EverTask's but on a separate connection:
// the files of a scan, with their tasks and results.

import { DatabaseSync } from "node:sqlite";
import type { AuditLevel } from "@evertask/evertask";

/** The result of a file. */
export interface FileFigures {
  readonly sha256: string;
  readonly bytes: number;
  readonly lines: number;
}

/** A scan of a folder. If the program is killed, its next call continues the scan. */
export interface Scan {
  readonly id: number;
  readonly folder: string;
  readonly auditLevel: AuditLevel;
}

/** How far a scan is. */
export interface ScanProgress {
  readonly total: number;
  readonly ended: number;
  /** The number of tasks claimed by a worker, alive or not. */
  readonly held: number;
}

const schema = `
  CREATE TABLE IF NOT EXISTS scans (
    id INTEGER PRIMARY KEY,
    folder TEXT NOT NULL,
    audit_level TEXT NOT NULL,
    finished INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE IF NOT EXISTS files (
    task_id TEXT PRIMARY KEY,
    scan_id INTEGER NOT NULL REFERENCES scans,
    path TEXT NOT NULL,
    sha256 TEXT,
    bytes INTEGER,
    lines INTEGER,
    UNIQUE (scan_id, path)
  ) STRICT, WITHOUT ROWID;
`;

// EverTask's tables can be queried like any others. A file's row has the id of its task.
const selectProgress = `
  SELECT count(*) AS total,
    count(*) FILTER (WHERE task.status IN ('Completed', 'Failed', 'Cancelled')) AS ended,
    count(*) FILTER (WHERE task.worker_id IS NOT NULL) AS held
  FROM files JOIN queued_tasks AS task ON task.id = files.task_id WHERE scan_id = ?`;

/** Scans and their results. */
export class Scans {
  readonly #database: DatabaseSync;

  /** Opens the database and creates the tables if they are missing. */
  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    this.#database.exec("PRAGMA busy_timeout = 5000; PRAGMA synchronous = NORMAL;");
    this.#database.exec(schema);
  }

  /** Returns the last scan, if it is not finished. */
  unfinished(): Scan | null {
    const [scan] = this.query<Scan & { finished: number }>(
      "SELECT id, folder, audit_level AS auditLevel, finished FROM scans ORDER BY id DESC LIMIT 1",
    );
    return scan === undefined || scan.finished === 1 ? null : scan;
  }

  /**
   * Stores a scan with its files and their tasks in one transaction.
   *
   * @param dispatch Stores the tasks on the given connection, and returns their ids.
   */
  async begin(
    folder: string,
    auditLevel: AuditLevel,
    dispatch: (connection: DatabaseSync) => Promise<{ taskId: string; path: string }[]>,
  ): Promise<Scan> {
    const database = this.#database;
    database.exec("BEGIN IMMEDIATE");
    try {
      const insertScan = database.prepare("INSERT INTO scans (folder, audit_level) VALUES (?, ?)");
      const id = Number(insertScan.run(folder, auditLevel).lastInsertRowid);
      const insertFile = database.prepare(
        "INSERT INTO files (task_id, scan_id, path) VALUES (?, ?, ?)",
      );
      for (const { taskId, path } of await dispatch(database)) insertFile.run(taskId, id, path);
      database.exec("COMMIT");
      return { id, folder, auditLevel };
    } catch (error) {
      database.exec("ROLLBACK");
      throw error;
    }
  }

  /** Stores the result of a task's file. Storing it again has no effect. */
  saveResult(taskId: string, { sha256, bytes, lines }: FileFigures): void {
    this.query(
      "UPDATE files SET sha256 = ?, bytes = ?, lines = ? WHERE task_id = ?",
      sha256,
      bytes,
      lines,
      taskId,
    );
  }

  /** How far a scan is. */
  progress({ id }: Scan): ScanProgress {
    return this.query<ScanProgress>(selectProgress, id)[0]!;
  }

  /** Marks a scan as finished. */
  finish({ id }: Scan): void {
    this.query("UPDATE scans SET finished = 1 WHERE id = ?", id);
  }

  /** Runs a statement. */
  query<Row>(sql: string, ...parameters: (string | number)[]): Row[] {
    return this.#database.prepare(sql).all(...parameters) as Row[];
  }

  close(): void {
    this.#database.close();
  }
}

// The journal of a SQLite file.

import { DatabaseSync } from "node:sqlite";
import { instantColumns, type Journal, type JournalRow, plainColumns } from "./journal_rows.ts";

const columns = [...plainColumns, ...instantColumns];

function taskTrigger(event: "INSERT" | "UPDATE" | "DELETE", what: string): string {
  const row = event === "DELETE" ? "OLD" : "NEW";
  const image = columns.map((name) => `'${name}', ${row}.${name}`).join(", ");
  return trigger(event, "queued_tasks", what, `${row}.id`, image);
}

function trigger(event: string, table: string, what: string, id: string, image: string): string {
  return `CREATE TRIGGER journal_${table}_${what} AFTER ${event} ON ${table} BEGIN
    INSERT INTO journal (at, task, what, image)
    VALUES (unixepoch('subsec') * 1000, ${id}, '${what}', json_object(${image}));
  END;`;
}

const auditImage = (at: string, status: string) =>
  `'status', NEW.${status}, 'failed', NEW.exception IS NOT NULL, 'at', NEW.${at}`;

const script = [
  `CREATE TABLE journal (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, task TEXT NOT NULL, what TEXT NOT NULL, image TEXT NOT NULL
  ) STRICT;`,
  taskTrigger("INSERT", "inserted"),
  taskTrigger("UPDATE", "updated"),
  taskTrigger("DELETE", "deleted"),
  trigger(
    "INSERT",
    "status_audit",
    "status",
    "NEW.queued_task_id",
    auditImage("updated_at_utc", "new_status"),
  ),
  trigger(
    "INSERT",
    "runs_audit",
    "run",
    "NEW.queued_task_id",
    auditImage("executed_at_utc", "status"),
  ),
].join("\n");

/** The journal of a SQLite file. */
export class SqliteJournal implements Journal {
  readonly #database: DatabaseSync;

  constructor(path: string) {
    this.#database = new DatabaseSync(path, { timeout: 100 });
  }

  install(): Promise<void> {
    this.#database.exec(`BEGIN IMMEDIATE; ${script} COMMIT`);
    return Promise.resolve();
  }

  async take(): Promise<JournalRow[]> {
    const rows = await this.#delete();
    const parsed = rows.map((row) => ({ ...row, image: JSON.parse(row.image as string) }));
    return (parsed as unknown as JournalRow[]).sort((a, b) => a.seq - b.seq);
  }

  /**
   * Deletes and returns all rows. Does not block this process while the file is locked: a frozen
   * worker may hold the lock, and only this process can resume it.
   */
  async #delete() {
    while (true) {
      try {
        return this.#database.prepare("DELETE FROM journal RETURNING *").all();
      } catch (error) {
        if (!/locked/.test((error as Error).message)) throw error;
        await new Promise((resume) => setTimeout(resume, 200));
      }
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#database.close();
    return Promise.resolve();
  }
}

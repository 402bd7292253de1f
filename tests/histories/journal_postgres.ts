// The journal of a PostgreSQL database.

import postgres from "postgres";
import { instantColumns, type Journal, type JournalRow, plainColumns } from "./journal_rows.ts";

const milliseconds = (instant: string) => `date_part('epoch', ${instant}) * 1000`;

function taskImage(row: "OLD" | "NEW"): string {
  return [
    ...plainColumns.map((name) => `'${name}', ${row}.${name}`),
    ...instantColumns.map((name) => `'${name}', ${milliseconds(`${row}.${name}`)}`),
  ].join(", ");
}

function auditTrigger(table: string, what: string, at: string, status: string): string {
  return `
    CREATE FUNCTION journal.${what}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO journal.rows (task, what, image) VALUES (NEW.queued_task_id, '${what}', jsonb_build_object(
        'status', NEW.${status}, 'failed', NEW.exception IS NOT NULL, 'at', ${
    milliseconds(`NEW.${at}`)
  }));
      RETURN NULL;
    END $$;
    CREATE TRIGGER journal AFTER INSERT ON evertask.${table} FOR EACH ROW EXECUTE FUNCTION journal.${what}();`;
}

const script = `
  CREATE SCHEMA journal;
  CREATE TABLE journal.rows (
    seq bigint GENERATED ALWAYS AS IDENTITY, at float8 NOT NULL DEFAULT ${
  milliseconds("clock_timestamp()")
},
    task text NOT NULL, what text NOT NULL, image jsonb NOT NULL
  );
  CREATE FUNCTION journal.task() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF TG_OP = 'DELETE' THEN
      INSERT INTO journal.rows (task, what, image)
      VALUES (OLD.id, 'deleted', jsonb_build_object(${taskImage("OLD")}));
    ELSE
      INSERT INTO journal.rows (task, what, image)
      VALUES (NEW.id, lower(TG_OP) || CASE TG_OP WHEN 'INSERT' THEN 'ed' ELSE 'd' END,
        jsonb_build_object(${taskImage("NEW")}));
    END IF;
    RETURN NULL;
  END $$;
  CREATE TRIGGER journal AFTER INSERT OR UPDATE OR DELETE ON evertask.queued_tasks
    FOR EACH ROW EXECUTE FUNCTION journal.task();
  ${auditTrigger("status_audit", "status", "updated_at_utc", "new_status")}
  ${auditTrigger("runs_audit", "run", "executed_at", "status")}`;

/** The journal of a PostgreSQL database. */
export class PostgresJournal implements Journal {
  readonly #sql: postgres.Sql;

  constructor(url: string) {
    this.#sql = postgres(url, { max: 1, onnotice: () => {} });
  }

  async install(): Promise<void> {
    await this.#sql.unsafe(`BEGIN; ${script} COMMIT`);
  }

  async take(): Promise<JournalRow[]> {
    const rows = await this.#sql<JournalRow[]>`
      DELETE FROM journal.rows RETURNING seq::float8 AS seq, at, task, what, image`;
    return [...rows].sort((a, b) => a.seq - b.seq);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sql.end({ timeout: 5 });
  }
}

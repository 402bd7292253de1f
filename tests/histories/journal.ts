// The journal of a database: triggers record each change of a task and each row of its audits, in
// the transaction that makes it. The journal shows the order of changes. It also shows the effect
// of a call whose answer was lost.

import { PostgresJournal } from "./journal_postgres.ts";
import type { Journal } from "./journal_rows.ts";
import { SqliteJournal } from "./journal_sqlite.ts";
import { SqlServerJournal } from "./journal_sqlserver.ts";
import type { StoreKind } from "./setup.ts";

/** Opens the journal of a database. */
export function openJournal(store: StoreKind, address: string): Journal {
  if (store === "sqlite") return new SqliteJournal(address);
  if (store === "postgres") return new PostgresJournal(address);
  return new SqlServerJournal(address);
}

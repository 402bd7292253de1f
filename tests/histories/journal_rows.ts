// The rows of a journal, and which columns of a task it keeps.

/** The columns of a task that the journal keeps, named as in the tables. */
export interface TaskImage {
  readonly status: string;
  readonly worker_id: string | null;
  readonly lease_token: number;
  readonly attempt: number;
  readonly lost_count: number;
  /** Instants are in epoch milliseconds. */
  readonly due_at_utc: number | null;
  readonly cancel_requested: boolean | number;
  readonly task_key: string | null;
  readonly type: string;
  readonly priority: number;
  readonly audit_level: number | null;
  readonly queue_name: string;
  readonly retry_policy: string | null;
  readonly request: string;
  readonly recurring_task: string | null;
  readonly anchor_utc: number | null;
  readonly max_runs: number | null;
  readonly run_until: number | null;
  readonly next_run_utc: number | null;
  readonly current_run_count: number | null;
  readonly created_at_utc: number;
  readonly last_execution_utc: number | null;
}

/** The columns of a task as the tables have them, except instants. */
export const plainColumns = [
  "status",
  "worker_id",
  "lease_token",
  "attempt",
  "lost_count",
  "cancel_requested",
  "task_key",
  "type",
  "priority",
  "audit_level",
  "queue_name",
  "retry_policy",
  "request",
  "recurring_task",
  "max_runs",
  "current_run_count",
] as const satisfies readonly (keyof TaskImage)[];

/** The columns of a task that are instants. */
export const instantColumns = [
  "due_at_utc",
  "anchor_utc",
  "run_until",
  "next_run_utc",
  "created_at_utc",
  "last_execution_utc",
] as const satisfies readonly (keyof TaskImage)[];

/** A row of an audit. */
export interface AuditImage {
  readonly status: string;
  readonly failed: boolean | number;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** A row of the journal. */
export type JournalRow =
  & {
    /** The order of changes. */
    readonly seq: number;
    /** The database's clock when it was written, in epoch milliseconds. */
    readonly at: number;
    readonly task: string;
  }
  & (
    | { readonly what: "inserted"; readonly image: TaskImage }
    | { readonly what: "updated"; readonly image: TaskImage }
    | { readonly what: "deleted"; readonly image: TaskImage }
    | { readonly what: "status"; readonly image: AuditImage }
    | { readonly what: "run"; readonly image: AuditImage }
  );

/** The journal of a database. */
export interface Journal extends AsyncDisposable {
  /** Creates the triggers. The tables must exist. */
  install(): Promise<void>;
  /** Removes the committed rows from the journal, and returns them in order. */
  take(): Promise<JournalRow[]>;
}

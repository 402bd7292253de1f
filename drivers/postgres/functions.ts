// The functions of sql/postgres/ that the driver calls, with the types of their parameters. Except
// for migrations and checks of the server, all SQL that the driver sends is
// `SELECT schema.function($1, …)`.

import { escapeText, fromJson, toJson, toTextArray } from "./json_text.ts";
import { onlyRow, type RunStatement } from "./connection.ts";
import { lostAnswer, toStorageError } from "./errors.ts";

const parameterTypes = {
  clock_ms: [],
  persist_tasks: ["json", "json"],
  persist_tasks_unless_busy: ["json", "json"],
  persist_plain_tasks: [
    ...["uuid[]", "text[]", "text[]", "text[]", "int[]"],
    ...["text[]", "int[]", "text[]", "text[]", "json"],
  ],
  claim_tasks: ["text", "json", "json"],
  set_task_statuses: ["json", "json"],
  complete_tasks: ["text", "uuid[]", "int[]", "int[]", "float8[]", "float8[]", "float8[]"],
  update_current_runs: ["json", "json"],
  request_cancel: ["json", "text"],
  release_tasks: ["text", "json", "json"],
  release_unknown_tasks: ["text", "json", "json"],
  make_due: ["json", "json"],
  correct_series: ["json", "json"],
  next_due_at: ["json", "json"],
  register_worker: ["text", "text", "text"],
  heartbeat: ["text", "float8", "uuid", "float8"],
  drain_worker: ["text", "json", "json"],
  unregister_worker: ["text"],
  release_lost: ["float8", "int", "text", "text", "json"],
  set_queue_paused: ["text", "boolean", "json"],
  set_queue_paused_by: ["text", "boolean", "json", "json"],
  edit_tasks: ["json", "json", "json", "text"],
  list_operator_actions: ["json", "bigint", "int"],
  take_rate_slots: ["json"],
  return_rate_slots: ["json"],
  release_rate_limit: ["text", "json"],
  watch_events: ["text", "float8", "boolean", "json"],
  unwatch_events: ["text"],
  publish_events: ["text", "bigint", "bigint", "text", "text", "text"],
  read_events: ["json", "text", "int"],
  sweep_events: [],
  get_task: ["uuid"],
  get_task_by_key: ["text"],
  search_tasks: ["json", "boolean", "uuid", "int", "int"],
  count_tasks: ["json", "uuid", "int", "int"],
  search_due_tasks: ["json", "float8", "uuid", "int", "int", "int"],
  list_status_audit: ["uuid", "bigint", "int"],
  list_runs_audit: ["uuid", "bigint", "int"],
  list_execution_logs: ["uuid", "bigint", "int"],
  list_last_status_audit: ["uuid", "bigint", "int"],
  list_last_runs_audit: ["uuid", "bigint", "int"],
  list_last_execution_logs: ["uuid", "bigint", "int"],
  count_execution_logs: ["uuid", "bigint", "bigint"],
  list_workers: [],
  held_tasks: ["int"],
  list_rate_limits: ["text", "int"],
  report_work: ["text", "json", "json", "json"],
  read_activity: ["float8", "float8", "float8", "boolean", "boolean"],
  list_failure_groups: ["float8", "text", "int", "float8", "float8", "float8"],
  export_tasks: ["uuid", "uuid", "int"],
  import_tasks: ["json", "json", "json", "json", "uuid[]"],
  export_settings: [],
  import_settings: ["json"],
  task_backlog: ["int"],
  task_statistics: [],
  estimate_tasks: ["int", "bigint"],
  audit_growth: ["boolean"],
  table_sizes: [],
  save_execution_logs: ["json"],
  purge_history: ["json", "bigint"],
  purge_history_by: ["json", "bigint", "json", "bigint"],
  purge_in_order: ["json", "bigint", "uuid", "float8"],
  take_maintenance: ["text", "uuid"],
  end_maintenance: ["text", "uuid"],
  notify_processes: ["json"],
} as const satisfies Record<string, readonly string[]>;

/** The name of a function in sql/postgres/. */
export type FunctionName = keyof typeof parameterTypes;

/** The functions that may read many rows. */
const long: ReadonlySet<FunctionName> = new Set([
  "release_lost",
  "search_tasks",
  "count_tasks",
  "search_due_tasks",
  "task_statistics",
  "estimate_tasks",
  "task_backlog",
  "audit_growth",
  "purge_history",
  "purge_history_by",
  "purge_in_order",
  "import_tasks",
  "export_settings",
  "import_settings",
]);

/** The number of calls so far, of all storages: some may share a pool of the application. */
let calls = 0;

/** Calls the functions of one schema. */
export class Functions {
  readonly #statements: Readonly<Record<string, string>>;

  /** @param schema A validated identifier, which becomes part of the statements. */
  constructor(schema: string) {
    this.#statements = Object.fromEntries(
      Object.entries(parameterTypes).map(([name, types]) => {
        // Parameters are sent as text and cast by the server, so that the serializers of the user's
        // postgres.js instance are not used.
        const parameters = types.map((type, index) => `$${index + 1}::text::${type}`);
        const result = `"${schema}".${name}(${parameters.join(", ")})::text AS result`;
        return [name, `SELECT ${result}, $${types.length + 1}::text AS call`];
      }),
    );
  }

  /**
   * Calls a function and returns its parsed JSON; null for NULL.
   *
   * @throws {StorageError} The converted error of the database.
   */
  async call<T>(run: RunStatement, name: FunctionName, ...args: readonly unknown[]): Promise<T> {
    const types: readonly string[] = parameterTypes[name];
    try {
      const call = String(++calls);
      const parameters = [...types.map((type, index) => toParameter(args[index], type)), call];
      const rows = await run(
        this.#statements[name]!,
        parameters,
        long.has(name) ? "long" : "short",
      );
      const row = onlyRow(rows);
      const [result, answered] = Object.values(row ?? {}) as (string | null)[];
      // After a loss, postgres.js may give a query of the application's pool the answer to another.
      if (answered !== call) throw lostAnswer(name);
      return (result ? fromJson(result) : null) as T;
    } catch (error) {
      throw toStorageError(error); // also if the JSON is too long for a string of the runtime
    }
  }
}

function toParameter(value: unknown, type: string): string | null {
  if (value === undefined || value === null) return null;
  if (type === "json") return toJson(value);
  if (type === "text[]") return toTextArray(value as readonly (string | null)[]);
  if (type.endsWith("[]")) return `{${(value as readonly (string | number)[]).join()}}`;
  return escapeText(String(value));
}

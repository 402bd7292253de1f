// Generates calls of every GET operation in the API's description, with many parameters. The stream
// of events and the changes are tested in events_test.ts and changes_test.ts.

import { assert } from "@std/assert";
import type { TenantStore } from "./tenants.ts";

/** An operation in the description. */
interface Operation {
  readonly parameters?: readonly Parameter[];
}

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
}

/** A request, and the operation that it calls. */
export interface Call {
  /** The method and the template of the path, such as `GET /api/v1/tasks/{id}`. */
  readonly operation: string;
  readonly path: string;
  readonly method: string;
  /** The id in the path, if it has one. */
  readonly id: string | null;
}

/**
 * Returns the values for each query parameter. A parameter without an entry fails the test. Choose
 * values with which the route returns as much as possible.
 */
function valuesOf({ tasks }: TenantStore): Readonly<Record<string, readonly string[]>> {
  const ids = Object.values(tasks).flatMap((ofTenant) => Object.values(ofTenant));
  const instants = ["2000-01-01T00:00:00Z", "2100-01-01T00:00:00Z"];
  return {
    id: ids,
    status: ["Failed", "Completed", "WaitingQueue"],
    type: ["zebra-mail", "apple-mail"],
    queue: ["zebra", "apple"],
    recurring: ["true", "false"],
    tag: ["tenant:zebra", "tenant:apple"],
    key: ["zebra:mail", "apple:mail"],
    keyPrefix: ["z", "zebra:", "zebra:mail", "apple:"],
    error: ["zebra", "apple"],
    payload: ["text=zebra-s3cret", "text=apple-s3cret"],
    createdFrom: instants,
    createdBefore: instants,
    dueFrom: instants,
    dueBefore: instants,
    executedFrom: instants,
    executedBefore: instants,
    order: ["oldest", "due"],
    limit: ["1", "1000"],
    after: ["00000000-0000-7000-8000-000000000000", ...ids, "0", "1"],
    cap: ["1"],
    count: ["3"],
    schedule: ["0 9 * * *"],
    format: ["text", "json"],
    statusAuditDays: ["0.000001"],
    runsAuditDays: ["0.000001"],
    errorAuditDays: ["0.000001"],
    executionLogDays: ["0.000001"],
    operatorActionDays: ["0.000001"],
    maxExecutionLogsPerTask: ["1"],
    deleteCompletedTasksAfterRetention: ["true"],
    exact: ["true"],
    severity: ["Information"],
    kind: ["dispatched"],
    taskType: ["zebra-report", "apple-report"],
    from: ["2000-01-01T00:00:00Z"],
    to: ["2100-01-01T00:00:00Z"],
    step: ["day"],
    by: ["ada", "type", "queue"],
    verb: ["runNow", "pauseQueue"],
    taskId: ids,
    queueName: ["zebra", "apple"],
  };
}

/** The stream of events, whose response does not end. */
const testedAsStream = "GET /api/v1/events";

/** Yields all calls. */
export function* callsOf(
  document: { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> },
  store: TenantStore,
): Generator<Call> {
  const values = valuesOf(store);
  const ids = values["id"]!;
  for (const [template, operations] of Object.entries(document.paths)) {
    for (const [name, { parameters = [] }] of Object.entries(operations)) {
      const method = name.toUpperCase();
      const operation = `${method} ${template}`;
      if (method !== "GET" || operation === testedAsStream) continue;
      const queries = [""];
      for (const parameter of parameters) {
        if (parameter.in !== "query") continue;
        const given = values[parameter.name];
        assert(given !== undefined, `the walk has no values for ${parameter.name} of ${operation}`);
        for (const value of given) {
          queries.push(`?${new URLSearchParams({ [parameter.name]: value })}`);
        }
      }
      for (const id of template.includes("{id}") ? ids : [null]) {
        const path = id === null ? template : template.replace("{id}", id);
        for (const query of queries) yield { operation, method, path: path + query, id };
      }
    }
  }
}

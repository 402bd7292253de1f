// Records the plans of statements in functions as they are executed.

import type postgres from "postgres";
import { connect } from "./support.ts";

/** One node of a plan, as auto_explain reports it in JSON. */
export interface PlanNode {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  readonly "Actual Rows"?: number;
  readonly "Rows Removed by Filter"?: number;
  readonly "Rows Removed by Index Recheck"?: number;
  readonly "Actual Loops"?: number;
  readonly Plans?: PlanNode[];
}

/** A connection whose plans are watched. */
export interface PlanWatch extends AsyncDisposable {
  readonly sql: postgres.Sql;
  /** Starts to record plans. */
  begin(): Promise<void>;
  /** Runs `work`, and returns the nodes of its plans that scan `table`. */
  scansOf(table: string, work: () => Promise<unknown>): Promise<PlanNode[]>;
}

const settings = `
  LOAD 'auto_explain';
  SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on;
  SET auto_explain.log_analyze = on; SET auto_explain.log_timing = off; SET auto_explain.log_format = json;
  SET client_min_messages = log`;

/** Opens a connection whose plans are recorded. */
export function watchPlans(url: string): PlanWatch {
  const nodes: PlanNode[] = [];
  const collect = (node: PlanNode): void => {
    nodes.push(node);
    node.Plans?.forEach(collect);
  };
  const sql = connect(url, {
    onnotice({ message }: postgres.Notice) {
      const json = /plan:\n(\{[\s\S]*\})/.exec(message ?? "")?.[1];
      if (json) collect(JSON.parse(json).Plan);
    },
  });
  return {
    sql,
    async begin() {
      await sql.unsafe(settings).simple();
    },
    async scansOf(table, work) {
      nodes.length = 0;
      await work();
      return nodes.filter((node) =>
        node["Relation Name"] === table && /Scan/.test(node["Node Type"])
      );
    },
    [Symbol.asyncDispose]: () => sql[Symbol.asyncDispose](),
  };
}

/** Returns the number of rows that scans have read, including those filtered out. */
export function readRows(scans: readonly PlanNode[]): number {
  return scans.reduce(
    (sum, node) =>
      sum +
      ((node["Actual Rows"] ?? 0) + (node["Rows Removed by Filter"] ?? 0) +
          (node["Rows Removed by Index Recheck"] ?? 0)) * (node["Actual Loops"] ?? 1),
    0,
  );
}

/** Returns the kinds of scans, and their indexes. */
export function indexesOf(scans: readonly PlanNode[]): string[] {
  return [...new Set(scans.map((node) => `${node["Node Type"]}: ${node["Index Name"]}`))].sort();
}

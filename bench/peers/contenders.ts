// The libraries that are compared, and their commands.

import type { Installation } from "./installation.ts";

/** The kinds of measurements. */
export type Measurement = "lifecycle" | "drain" | "latency";

/** A kind of store. Each measurement gets an empty database. */
export interface PeerStore extends AsyncDisposable {
  readonly name: string;
  createDatabase(): Promise<AsyncDisposable & { readonly address: string }>;
}

/** A library in one of its settings. */
export interface Contender {
  readonly name: string;
  readonly store: "sqlite" | "postgres" | "redis";
  /**
   * Returns its command line. The caller appends the measurement, the number of tasks and the
   * addresses of databases.
   */
  command(installation: Installation): readonly [program: string, ...args: string[]];
  /** The fraction of the tasks that it runs, for measurements that would otherwise take minutes. */
  readonly share?: Partial<Record<Measurement, number>>;
}

const evertask = new URL("contenders/ever_task.ts", import.meta.url).pathname;
const config = new URL("../../deno.json", import.meta.url).pathname;

function everTask(store: Contender["store"], auditLevel: "Full" | "None"): Contender {
  const args = ["run", "-A", `--config=${config}`, evertask, store, auditLevel];
  return {
    name: `EverTask, ${auditLevel}`,
    store,
    command: () => [Deno.execPath(), ...args],
  };
}

/** All contenders; EverTask comes first for each store. */
export const contenders: readonly Contender[] = [
  everTask("sqlite", "Full"),
  everTask("sqlite", "None"),
  { name: "plainjob", store: "sqlite", command: ({ bun }) => [bun, "plainjob.mjs"] },
  everTask("postgres", "Full"),
  everTask("postgres", "None"),
  {
    name: "graphile-worker, batched",
    store: "postgres",
    command: ({ node }) => [node, "graphile_worker.mjs", "batched"],
    share: { lifecycle: 0.1 },
  },
  {
    name: "graphile-worker",
    store: "postgres",
    command: ({ node }) => [node, "graphile_worker.mjs", "unbatched"],
    share: { lifecycle: 0.1, drain: 0.1 },
  },
  {
    name: "pg-boss, notified",
    store: "postgres",
    command: ({ node }) => [node, "pg_boss.mjs", "notified"],
    share: { lifecycle: 0.1 },
  },
  {
    name: "pg-boss, polling",
    store: "postgres",
    command: ({ node }) => [node, "pg_boss.mjs", "polling"],
    share: { lifecycle: 0.5, latency: 0.02 },
  },
  { name: "BullMQ", store: "redis", command: ({ node }) => [node, "bull_mq.mjs"] },
];

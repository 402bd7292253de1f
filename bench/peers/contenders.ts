// Who takes part, and how each is called.

import type { Installation } from "./installation.ts";

/** What is measured. */
export type Measurement = "lifecycle" | "drain" | "latency";

/** A kind of store: each measurement gets an empty database of it. */
export interface PeerStore extends AsyncDisposable {
  readonly name: string;
  createDatabase(): Promise<AsyncDisposable & { readonly address: string }>;
}

/** A library in one of its settings. */
export interface Contender {
  readonly name: string;
  readonly store: "sqlite" | "postgres" | "redis";
  /**
   * Its command line, to which measurement, number of tasks and addresses of databases are added.
   */
  command(installation: Installation): readonly [program: string, ...args: string[]];
  /** Its share of the tasks, where it is so slow that it would take minutes. */
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

/** All of them; ours first. */
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

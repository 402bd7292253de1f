// The application that the examples of all frameworks use: a request creates an order, and a task
// ships it in the background.

import process from "node:process";
import { createEverTask, defineTask } from "@evertask/evertask";
import { sqliteStorage } from "@evertask/evertask/sqlite";

export const shipOrder = defineTask<{ item: string; address: string }>({
  type: "ship-order",
  timeout: { seconds: 30 },
  async handle({ item, address }, { signal }) {
    await new Promise((resolve) => setTimeout(resolve, 100)); // the work
    signal.throwIfAborted();
    console.log(`Shipped ${item} to ${address}`);
  },
});

export const everTask = createEverTask({
  storage: sqliteStorage(process.env.DATABASE ?? "shop.db"), // one line to change for several machines: postgresStorage(…)
  tasks: [shipOrder],
});

/**
 * Whether the web process runs tasks, too. With TASKS=elsewhere it only dispatches, and worker.ts
 * runs them.
 */
export const runsTasks = process.env.TASKS !== "elsewhere";

export const port = Number(process.env.PORT ?? 3000);

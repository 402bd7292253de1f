// Serves the dashboard of the database of a target.

import { createEverTask, silentLogger } from "../../../mod.ts";
import type { ServedDashboard } from "../frame/host.ts";
import type { Target } from "../frame/target.ts";
import { UsageError } from "../frame/usage_error.ts";
import { makeStorage } from "./open_storage.ts";

/**
 * Serves the dashboard.
 *
 * @throws {UsageError} If the target is no database, or the packages of the dashboard are missing.
 */
export async function openDashboard(target: Target, port: number): Promise<ServedDashboard> {
  if (target.kind === "api") {
    throw new UsageError("The dashboard is served beside its API: open it in a browser.");
  }
  const storage = await makeStorage(target);
  const { serveDashboard } = await loadDashboard();
  const everTask = createEverTask({ storage, tasks: target.tasks, logger: silentLogger });
  try {
    await everTask.queues.backlog({ cap: 1 }); // opens the storage, or rejects
    const server = await serveDashboard(everTask, { port, logger: silentLogger });
    return {
      url: server.url,
      signInLink: server.signInLink,
      async [Symbol.asyncDispose]() {
        await server.stop();
        await everTask.stop();
      },
    };
  } catch (error) {
    await everTask.stop();
    throw error;
  }
}

async function loadDashboard(): Promise<typeof import("../../dashboard/mod.ts")> {
  try {
    return await import("../../dashboard/mod.ts");
  } catch (cause) {
    const { code } = cause as { code?: string };
    if (code !== "ERR_MODULE_NOT_FOUND") throw cause;
    const remedy = "install them: npm install hono @hono/zod-openapi";
    throw new UsageError(
      `The dashboard needs the packages hono and @hono/zod-openapi: ${remedy}.`,
      {
        cause,
      },
    );
  }
}

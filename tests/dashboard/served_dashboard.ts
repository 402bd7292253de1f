// Serves a dashboard over HTTP, with its own instance.

import { createEverTask, type EverTask, silentLogger, type Task } from "../../mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { createDashboard, type DashboardOptions } from "../../src/dashboard/mod.ts";

/** A server with a dashboard. */
export class ServedDashboard implements AsyncDisposable {
  readonly everTask: EverTask;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #path: string;

  /**
   * @param tasks The tasks of the instance.
   * @param behind Changes requests before they reach the dashboard, like a proxy.
   */
  constructor(
    // deno-lint-ignore no-explicit-any -- tasks of any payload
    tasks: readonly Task<any>[],
    { path = "/", ...options }: DashboardOptions = {},
    behind: (request: Request) => Request = (request) => request,
  ) {
    this.#path = path;
    this.everTask = createEverTask({
      storage: memoryStorage(),
      tasks,
      logger: silentLogger,
      persistentLogs: true,
    });
    const { fetch } = createDashboard(this.everTask, { logger: silentLogger, path, ...options });
    this.#server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      (request, connection) => fetch(behind(request), connection),
    );
  }

  /** Returns the URL of a page. */
  url(page = "", path = this.#path): string {
    const prefix = path === "/" ? "" : path;
    return `http://127.0.0.1:${this.#server.addr.port}${prefix}/${page}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
    await this.everTask.stop();
  }
}

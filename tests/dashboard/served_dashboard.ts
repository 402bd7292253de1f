// A dashboard that is served over HTTP, and an instance behind it.

import { createEverTask, type EverTask, silentLogger, type Task } from "../../mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { createDashboard, type DashboardOptions } from "../../src/dashboard/mod.ts";

/** A server of its own. */
export class ServedDashboard implements AsyncDisposable {
  readonly everTask: EverTask;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #path: string;

  /**
   * @param tasks The tasks of the instance.
   * @param behind What stands in front of the dashboard: it changes requests as a proxy does.
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

  /** The URL of a page. */
  url(page = "", path = this.#path): string {
    const prefix = path === "/" ? "" : path;
    return `http://127.0.0.1:${this.#server.addr.port}${prefix}/${page}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
    await this.everTask.stop();
  }
}

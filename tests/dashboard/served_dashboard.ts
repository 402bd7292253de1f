// Serves a dashboard over HTTP, with its own instance.

import {
  createEverTask,
  type EverTask,
  type EverTaskOptions,
  silentLogger,
  type Task,
} from "../../mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { createDashboard, type DashboardOptions } from "../../src/dashboard/mod.ts";
import { EventStreams } from "../support/event_streams.ts";

/** A server with a dashboard. */
export class ServedDashboard implements AsyncDisposable {
  readonly everTask: EverTask;
  #abort = new AbortController();
  #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #handler: Deno.ServeHandler<Deno.NetAddr>;
  readonly #path: string;
  readonly #streams = new EventStreams();

  /**
   * @param tasks The tasks of the instance.
   * @param behind Changes requests before they reach the dashboard, as a proxy does.
   * @param others Other options of the instance.
   */
  constructor(
    // deno-lint-ignore no-explicit-any -- tasks of any payload
    tasks: readonly Task<any>[],
    { path = "/", ...options }: DashboardOptions = {},
    behind: (request: Request) => Request = (request) => request,
    others: Partial<EverTaskOptions> = {},
  ) {
    this.#path = path;
    this.everTask = createEverTask({
      storage: memoryStorage(),
      tasks,
      logger: silentLogger,
      persistentLogs: true,
      ...others,
    });
    const { fetch } = createDashboard(this.everTask, { logger: silentLogger, path, ...options });
    this.#handler = this.#streams.watch((request, connection) => (
      fetch(behind(request), connection)
    ));
    this.#server = this.#listen(0);
  }

  /** Stops the server with its connections, calls `meanwhile`, and starts the server again. */
  async restart(meanwhile: () => Promise<void>): Promise<void> {
    const { port } = this.#server.addr;
    this.#abort.abort();
    await this.#server.finished;
    await meanwhile();
    this.#server = this.#listen(port);
  }

  #listen(port: number): Deno.HttpServer<Deno.NetAddr> {
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    return Deno.serve({ port, hostname: "127.0.0.1", signal, onListen() {} }, this.#handler);
  }

  /** Returns the URL of a page. */
  url(page = "", path = this.#path): string {
    const prefix = path === "/" ? "" : path;
    return `http://127.0.0.1:${this.#server.addr.port}${prefix}/${page}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort(); // a graceful end would wait for the streams of pages that are still open
    await this.#server.finished;
    await this.#streams.ended();
    await this.everTask.stop();
  }
}

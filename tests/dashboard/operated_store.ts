// A store with worker processes, and a dashboard in this process, which runs no tasks.

import { createEverTask, type EverTask, silentLogger } from "../../mod.ts";
import type { AuthorizedUser } from "../../src/api/mod.ts";
import { createDashboard } from "../../src/dashboard/mod.ts";
import { authorizeByName } from "../api/tenants.ts";
import { EventStreams } from "../support/event_streams.ts";
import { startProgram } from "../support/lines.ts";
import { startPostgres } from "../support/pg_server.ts";
import { openStorage } from "./programs/open_storage.ts";
import { charge, queues, tasks } from "./programs/tasks.ts";

const all = ["view", "payloads", "operate", "admin"] as const;

/** Users with different rights. */
export const users = {
  ada: { user: "ada", can: all },
  viewer: { user: "viewer", can: ["view", "payloads"] },
  operator: { user: "operator", can: ["view", "operate"] },
  redacted: { user: "redacted", can: all, redact: () => "hidden" },
  tenant: { user: "tenant", can: ["view", "payloads", "operate"], filter: { tags: ["tenant:42"] } },
} as const satisfies Readonly<Record<string, AuthorizedUser>>;

/** The stores of the tests. */
export const stores = {
  async SQLite() {
    const folder = await Deno.makeTempDir({ prefix: "evertask-dashboard-" });
    const remove = () => Deno.remove(folder, { recursive: true });
    return { url: `${folder}/tasks.db`, remove };
  },
  async PostgreSQL() {
    const server = await startPostgres();
    return { url: await server.createDatabase(), remove: () => server.stop() };
  },
} satisfies Record<string, () => Promise<StoreOfTest>>;

/** A store for a test. */
export interface StoreOfTest {
  /** As for `openStorage`. */
  readonly url: string;
  readonly remove: () => Promise<void>;
}

/** The kind of a store. */
export type StoreName = keyof typeof stores;

/** A store with worker processes and a dashboard. */
export class OperatedStore implements AsyncDisposable {
  readonly everTask: EverTask;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #abort = new AbortController();
  readonly #streams = new EventStreams();
  readonly #storeUrl: string;
  readonly #remove: () => Promise<void>;
  readonly #workers: ReturnType<typeof startProgram>[] = [];

  private constructor(storeUrl: string, remove: () => Promise<void>) {
    this.#storeUrl = storeUrl;
    this.#remove = remove;
    const storage = openStorage(storeUrl);
    const host = "dashboard";
    this.everTask = createEverTask({ storage, tasks, queues, host, logger: silentLogger });
    const { fetch } = createDashboard(this.everTask, {
      authorize: authorizeByName(users),
      logger: silentLogger,
    });
    const { signal } = this.#abort;
    const handler = this.#streams.watch(fetch);
    this.#server = Deno.serve({ port: 0, hostname: "127.0.0.1", signal, onListen() {} }, handler);
  }

  /** Creates a store without a worker. */
  static async create(name: StoreName): Promise<OperatedStore> {
    return OperatedStore.at(await stores[name]());
  }

  /** Opens a store, which is removed in the end. */
  static at({ url, remove }: StoreOfTest): OperatedStore {
    return new OperatedStore(url, remove);
  }

  /** Starts a worker process. */
  async startWorker(): Promise<void> {
    const program = new URL("programs/worker.ts", import.meta.url);
    const worker = startProgram(program.href, [this.#storeUrl]);
    this.#workers.push(worker);
    await worker.next();
  }

  /** The URL of a page. */
  url(page = ""): string {
    return `http://127.0.0.1:${this.#server.addr.port}/${page}`;
  }

  /** Dispatches charges that fail, or are due in an hour. Returns their ids. */
  async charges(
    count: number,
    how: "fails" | "later",
    options: { readonly tags?: readonly string[] } = {},
  ): Promise<string[]> {
    const payloads = Array.from({ length: count }, (_, order) => (
      { order, ...how === "fails" && { fails: true } }
    ));
    const dispatched = await this.everTask.dispatchMany(charge, payloads, {
      ...options,
      ...how === "later" && { delay: { hours: 1 } },
    });
    return dispatched.map(({ id }) => id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort(); // a graceful end would wait for the streams of pages that are still open
    await this.#server.finished;
    await this.#streams.ended();
    for (const worker of this.#workers) await worker.end();
    await this.everTask.stop();
    await this.#remove();
  }
}

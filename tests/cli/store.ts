// A SQLite file with tasks in many states, and the REST API over it, to run commands on both.

import { createEverTask, defineTask, type EverTask, noRetry, silentLogger } from "../../mod.ts";
import { EventStreams } from "../support/event_streams.ts";
import { sqliteStorage } from "../../drivers/sqlite/mod.ts";
import { authorizePeople, createApi } from "../../src/api/mod.ts";

export const email = defineTask<unknown>({ type: "email", handle() {} });
const failing = defineTask<null>({
  type: "sync",
  retry: noRetry(),
  handle: () => Promise.reject(new Error("connect ECONNREFUSED 10.0.0.1")),
});

/** The token of the API. */
export const token = "0123456789abcdef0123456789abcdef";

/** A store, which is removed at the end. */
export interface CliStore extends AsyncDisposable {
  readonly everTask: EverTask;
  /** The options that name the store: a database, or a REST API. */
  readonly targets: Readonly<Record<"storage" | "api", readonly string[]>>;
  readonly folder: string;
}

/** Makes a store with two completed, two failed and three waiting tasks, and a series. */
export async function makeCliStore(): Promise<CliStore> {
  const folder = await Deno.makeTempDir({ prefix: "evertask-cli-" });
  const file = `${folder}/app.db`;
  const tasks = [email, failing];
  const options = { tasks, queues: { mail: {} }, logger: silentLogger };
  {
    await using worker = createEverTask({ storage: sqliteStorage(file), ...options });
    await worker.start();
    const ended = Promise.withResolvers<void>();
    let left = 4;
    worker.events.subscribe(() => --left === 0 ? ended.resolve() : undefined, {
      kinds: ["completed", "failed"],
    });
    await worker.dispatch(email, { to: "ada" }, { tags: ["tenant:1"] });
    await worker.dispatch(email, { to: "bob" });
    await worker.dispatchMany(failing, [null, null]);
    await ended.promise;
  }
  const everTask = createEverTask({ storage: sqliteStorage(file), ...options });
  const later = { delay: { hours: 2 } };
  for (const n of [1, 2, 3]) {
    await everTask.dispatch(email, { n, at: "2026-01-01T00:00:00Z" }, {
      ...later,
      taskKey: `k${n}`,
      queue: n === 3 ? "mail" : "default",
    });
  }
  await everTask.dispatch(email, "all", { recurring: "0 9 * * *", taskKey: "newsletter" });
  const authorize = authorizePeople([
    { user: "ada", token, can: ["view", "payloads", "operate", "admin"] },
  ]);
  const api = createApi(everTask, { authorize, logger: silentLogger });
  const streams = new EventStreams();
  const handler = streams.watch(api.fetch);
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, handler);
  return {
    everTask,
    folder,
    targets: {
      storage: ["--storage", `sqlite:${file}`],
      api: ["--api", `http://127.0.0.1:${server.addr.port}`],
    },
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await streams.ended();
      await everTask.stop();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

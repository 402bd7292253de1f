// Calls every operation with a client of openapi-fetch, whose types openapi-typescript generates
// from the API's description.

import { assert, assertEquals } from "@std/assert";
import createClient from "openapi-fetch";
import { silentLogger } from "../../mod.ts";
import { authorizePeople, createApi } from "../../src/api/mod.ts";
import type { paths } from "./client.generated.d.ts";
import { clientFile, generateClient } from "./generate_client.ts";
import { makeTenantStore } from "./tenants.ts";

Deno.test("the types of the client are up to date with the description", async () => {
  const remedy = "run: deno run -A tests/offline/deno.ts run -A tests/api/generate_client.ts";
  assert(await Deno.readTextFile(clientFile) === await generateClient(), remedy);
});

const token = "0123456789abcdef0123456789abcdef";
const reason = "a test";

Deno.test("the client can call every operation", async () => {
  const store = await makeTenantStore();
  await using everTask = store.everTask;
  const authorize = authorizePeople([
    { user: "ada", token, can: ["view", "payloads", "operate", "admin"] },
  ]);
  const api = createApi(everTask, { authorize, logger: silentLogger });
  const called = new Set<string>();
  const local = { remoteAddr: { hostname: "127.0.0.1" } };
  const client = createClient<paths>({
    baseUrl: "http://localhost:8000",
    headers: { authorization: `Bearer ${token}` },
    fetch: (request) => api.fetch(request, local),
  });
  client.use({
    onRequest({ request, schemaPath }) {
      called.add(`${request.method.toLowerCase()} ${schemaPath}`);
    },
  });
  /** Returns the data of a successful response. */
  async function data<T>(answer: Promise<{ data?: T; error?: unknown }>): Promise<T> {
    const { data, error } = await answer;
    assertEquals(error, undefined);
    return data!;
  }
  const { failed, waiting, series } = store.tasks.apple;
  /** Returns the parameters for a change of a task, with its current version. */
  const seen = async (id: string) => {
    const { response } = await client.GET("/api/v1/tasks/{id}", { params: { path: { id } } });
    return { path: { id }, header: { "if-match": response.headers.get("etag")! } };
  };
  const path = (id: string) => ({ params: { path: { id } } });

  const page = await data(client.GET("/api/v1/tasks", {
    params: { query: { status: ["Failed"], type: ["apple-mail"] } },
  }));
  assertEquals(page.items.map(({ id }) => id), [failed]);
  const { count } = await data(client.GET("/api/v1/tasks/count", {}));
  assertEquals(count, 6);
  assertEquals((await data(client.GET("/api/v1/tasks/{id}", path(failed)))).status, "Failed");
  const { reasons } = await data(client.GET("/api/v1/tasks/{id}/explain", path(failed)));
  assertEquals(reasons[0]!.kind, "ended");
  await data(client.GET("/api/v1/tasks/{id}/transitions", path(failed)));
  await data(client.GET("/api/v1/tasks/{id}/runs", path(series)));
  await data(client.GET("/api/v1/tasks/{id}/logs", path(failed)));
  await data(client.GET("/api/v1/series", {}));
  await data(client.GET("/api/v1/series/{id}/next", path(series)));
  const schedule = '{"kind":"cron","expression":"0 9 * * *","timeZone":"Europe/Rome"}';
  const preview = await data(client.GET("/api/v1/series/preview", {
    params: { query: { schedule, count: 2 } },
  }));
  assertEquals(preview.runs.length, 2);
  await data(client.GET("/api/v1/queues", {}));
  await data(client.GET("/api/v1/workers", {}));
  await data(client.GET("/api/v1/statistics", {}));
  await data(client.GET("/api/v1/activity", { params: { query: { step: "hour", by: ["type"] } } }));
  const groups = await data(
    client.GET("/api/v1/failures", { params: { query: { step: "day" } } }),
  );
  const counts = groups.items.map(({ counts }) => counts.map(({ count }) => count));
  assertEquals(counts, groups.items.map(({ count }) => [count]));
  await data(client.GET("/api/v1/limits", {}));
  const { items: sizes } = await data(client.GET("/api/v1/sizes", {}));
  assertEquals([sizes[0]!.table, sizes[0]!.rows], ["QueuedTasks", 6]);
  const [worker] = (await data(client.GET("/api/v1/workers", {}))).items;
  assertEquals(worker!.process!.pid, 1);
  const query = { order: "due", limit: 1 } as const;
  const { items: [due], next } = await data(client.GET("/api/v1/tasks", { params: { query } }));
  assertEquals(typeof due!.dueAt, "string");
  await data(client.GET("/api/v1/tasks", { params: { query: { ...query, after: next! } } }));
  await data(client.GET("/api/v1/audit/growth", {}));
  await data(client.GET("/api/v1/audit/preview", { params: { query: { statusAuditDays: 30 } } }));
  assertEquals((await data(client.GET("/api/v1/me", {}))).user, "ada");

  const body = { type: "apple-report", payload: { n: 1 }, delayMs: 60_000 };
  const { id } = await data(client.POST("/api/v1/tasks", { body }));
  await data(client.PATCH("/api/v1/tasks/{id}", { params: await seen(id), body: { priority: 3 } }));
  await data(client.POST("/api/v1/tasks/{id}/run", { params: await seen(id), body: {} }));
  await data(
    client.POST("/api/v1/tasks/{id}/cancel", { params: await seen(id), body: { reason } }),
  );
  await data(client.POST("/api/v1/tasks/{id}/retry", { params: await seen(failed), body: {} }));
  await data(client.DELETE("/api/v1/tasks/{id}", { params: await seen(id), body: { reason } }));
  const pausing = { params: await seen(series), body: { reason } };
  await data(client.POST("/api/v1/series/{id}/pause", pausing));
  await data(client.POST("/api/v1/series/{id}/resume", { params: await seen(series), body: {} }));
  await data(client.PATCH("/api/v1/series/{id}", {
    params: await seen(series),
    body: { schedule: "0 9 * * *", reason },
  }));
  const { error, response } = await client.POST("/api/v1/tasks/{id}/cancel", {
    params: { path: { id: waiting }, header: { "if-match": '"another"' } },
    body: { reason },
  });
  assertEquals([response.status, error?.type], [412, "urn:evertask:problem:precondition-failed"]);
  const bulk = { filter: { queue: ["apple"] }, reason, dryRun: true };
  await data(
    client.POST("/api/v1/bulk/{verb}", { params: { path: { verb: "cancel" } }, body: bulk }),
  );
  await data(client.POST("/api/v1/queues/{queue}/{verb}", {
    params: { path: { queue: "apple", verb: "pause" } },
    body: { reason },
  }));
  await data(client.POST("/api/v1/queues/{verb}", {
    params: { path: { verb: "pause" } },
    body: { queue: "zebra", reason },
  }));
  const { items: [action] } = await data(client.GET("/api/v1/actions", {}));
  assertEquals([action!.verb, action!.by], ["pauseQueue", "ada"]);
  await data(client.POST("/api/v1/workers/{worker}/drain", {
    params: { path: { worker: worker!.id } },
    body: { reason },
  }));
  const [limit] = (await data(client.GET("/api/v1/limits", {}))).items;
  const { type, key } = limit!;
  await data(client.POST("/api/v1/limits/release", { body: { type, key, reason } }));
  const policy = { statusAuditDays: 365 };
  const purged = await data(client.POST("/api/v1/audit/purge", { body: { policy, reason } }));
  assertEquals([purged.statusAudit, purged.next], [0, null]);

  const events = await data(client.GET("/api/v1/events", { parseAs: "stream" }));
  await events!.cancel();
  await data(client.POST("/api/v1/session", { body: { token } }));
  await data(client.DELETE("/api/v1/session", {}));
  const link = new URL(authorize.signInLink("http://localhost:8000", "ada"));
  await client.GET("/api/v1/sign-in", {
    params: { query: { code: link.searchParams.get("code")! } },
    parseAs: "text",
  });

  const headers = { authorization: `Bearer ${token}` };
  const document = await (await api.fetch(
    new Request("http://localhost/api/v1/openapi.json", { headers }),
  )).json();
  const operations = Object.entries<object>(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`)
  );
  assertEquals([...called].sort(), operations.sort());
});

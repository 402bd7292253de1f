// Tests that the filter of a bulk change is read from its action, and finds the same tasks.

import { assertEquals } from "@std/assert";
import { createEverTask, defineTask, silentLogger } from "../../mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { createApi } from "../../src/api/mod.ts";
import { toBulkFilter } from "../../src/dashboard/ui/actions/bulk_filter.ts";
import { editOf, searchOf, seenOf } from "../../src/dashboard/ui/actions/recorded_filter.ts";
import type { Action } from "../../src/dashboard/ui/answers.ts";

const mail = defineTask<null>({ type: "mail", handle() {} });
const all = ["view", "payloads", "operate", "admin"] as const;
const reason = "a test";

Deno.test("an action's filter and edit are those of its request", async () => {
  const storage = memoryStorage();
  await using everTask = createEverTask({ storage, tasks: [mail], logger: silentLogger });
  const api = createApi(everTask, {
    authorize: () => ({ user: "ada", can: all }),
    logger: silentLogger,
  });
  const ask = async (path: string, body?: unknown) => {
    const response = await api.fetch(
      new Request(`http://localhost/api/v1/${path}`, {
        method: body === undefined ? "GET" : "POST",
        headers: { "content-type": "application/json" },
        ...body !== undefined && { body: JSON.stringify(body) },
      }),
    );
    assertEquals(response.status, 200, path);
    return await response.json();
  };
  const delay = { hours: 1 };
  await everTask.dispatch(mail, null, { delay, tags: ["a", "b"], taskKey: "m:1" });
  const instant = "2000-01-01T00:00:00.000Z";
  const searches = [
    "type=mail&type=other&status=WaitingQueue",
    "queue=default&tag=a&tag=b&recurring=false",
    `keyPrefix=m%3A&createdFrom=${encodeURIComponent(instant)}&type=mail`,
  ];
  for (const search of searches) {
    const filter = toBulkFilter(new URLSearchParams(search));
    const edit = { priority: 3, at: "2099-01-02T03:04:05.000Z" };
    await ask("bulk/edit", { filter, edit, reason });
    const { items: [action] } = await ask("actions?limit=1") as { items: Action[] };
    const again = new URLSearchParams(
      Object.entries(searchOf(action!)!).flatMap(([name, values]) =>
        values.map((value) => [name, value])
      ),
    );
    assertEquals(toBulkFilter(again), filter, search);
    assertEquals(editOf(action!), edit);
    assertEquals((await ask(`tasks?${again}`)).items.length, 1, search);
  }
});

Deno.test("an action's statuses are those in which its request has seen the tasks", () => {
  const seen = ["Failed", "Queued"] as const;
  const action = (before: string | null) => ({ before }) as Action;
  assertEquals(seenOf(action(JSON.stringify({ filter: { ids: ["1", "2"] }, seen }))), {
    seen: [...seen],
  });
  for (const before of [null, "{", '{"filter":{}}']) assertEquals(seenOf(action(before)), {});
});

Deno.test("an action that is not a bulk change, or whose values are hidden, has no filter", () => {
  const action = { target: { kind: "tasks", id: null }, before: null, after: null } as Action;
  for (const before of [null, "{", "null", "7", '{"filter":7}', '{"filter":null}']) {
    assertEquals(searchOf({ ...action, before }), null);
  }
  assertEquals(
    searchOf({ ...action, target: { kind: "task", id: "1" }, before: '{"filter":{}}' }),
    null,
  );
});

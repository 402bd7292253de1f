// Tests that the page offers a change of a task exactly if the server applies it.

import { assertEquals } from "@std/assert";
import { silentLogger } from "../../mod.ts";
import { createApi } from "../../src/api/mod.ts";
import { applies, type TaskVerb } from "../../src/dashboard/ui/actions/task_rules.ts";
import type { Task } from "../../src/dashboard/ui/answers.ts";
import { makeTenantStore, type TenantTasks } from "../api/tenants.ts";

const can = ["view", "payloads", "operate", "admin"] as const;
const reason = "a test";

/** The request of each change: method, path and body. */
const requests: Readonly<Record<TaskVerb, (id: string) => [string, string, object]>> = {
  runNow: (id) => ["POST", `tasks/${id}/run`, {}],
  retry: (id) => ["POST", `tasks/${id}/retry`, {}],
  edit: (id) => ["PATCH", `tasks/${id}`, { priority: 7 }],
  pause: (id) => ["POST", `series/${id}/pause`, { reason }],
  resume: (id) => ["POST", `series/${id}/resume`, {}],
  reschedule: (id) => ["PATCH", `series/${id}`, { schedule: "0 9 * * *", reason }],
  cancel: (id) => ["POST", `tasks/${id}/cancel`, { reason }],
  delete: (id) => ["DELETE", `tasks/${id}`, { reason }],
};

/** For each state, a task and the change that puts it into the state, if any. */
const states: Readonly<Record<string, [task: keyof TenantTasks, before: TaskVerb | null]>> = {
  waiting: ["waiting", null],
  cancelled: ["waiting", "cancel"],
  failed: ["failed", null],
  retried: ["failed", "retry"],
  series: ["series", null],
  "paused series": ["series", "pause"],
  "ended series": ["series", "cancel"],
};

for (const [state, [name, before]] of Object.entries(states)) {
  Deno.test(`${state}: exactly the changes that the server applies are offered`, async () => {
    for (const verb of Object.keys(requests) as TaskVerb[]) {
      const store = await makeTenantStore();
      await using everTask = store.everTask;
      const authorize = () => ({ user: "ada", can });
      const api = createApi(everTask, { authorize, logger: silentLogger });
      const id = store.tasks.apple[name];
      const read = async () => {
        const response = await api.fetch(new Request(`http://localhost/api/v1/tasks/${id}`));
        return await response.json() as Task;
      };
      const change = async (verb: TaskVerb) => {
        const [method, path, body] = requests[verb](id);
        const { version } = await read();
        const headers = { "content-type": "application/json", "if-match": `"${version}"` };
        const response = await api.fetch(
          new Request(`http://localhost/api/v1/${path}`, {
            method,
            headers,
            body: JSON.stringify(body),
          }),
        );
        await response.body?.cancel();
        return response.status;
      };
      if (before !== null) assertEquals(await change(before), 200);
      const isOffered = applies(verb, await read());
      assertEquals(await change(verb), isOffered ? 200 : 409, `${verb} of ${state}`);
    }
  });
}

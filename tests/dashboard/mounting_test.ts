// Tests the dashboard in several servers, under a path, and behind a proxy that removes the path.

import { assert, assertEquals } from "@std/assert";
import { createEverTask, silentLogger } from "../../mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { createDashboard } from "../../src/dashboard/mod.ts";
import { mounts } from "../api/mounts.ts";

for (const [name, [path, mount]] of Object.entries(mounts)) {
  Deno.test(`${name} serves the dashboard: pages, assets and the API`, async () => {
    await using everTask = createEverTask({
      storage: memoryStorage(),
      tasks: [],
      logger: silentLogger,
    });
    const authorize = () => ({ user: "ada", can: ["view"] }) as const;
    const dashboard = createDashboard(everTask, { authorize, path, logger: silentLogger });
    await using mounted = await mount(dashboard);
    for (const page of ["", "tasks", "tasks/1"]) {
      const response = await fetch(`${mounted.url}/${page}`);
      const html = await response.text();
      assertEquals(response.headers.get("content-type"), "text/html; charset=utf-8", page);
      const links = [...html.matchAll(/(?:href|src)="([^"]*\.(?:js|css))"/g)];
      assertEquals(links.length, 2, page);
      for (const [, link] of links) {
        const asset = await fetch(new URL(link!, response.url));
        assertEquals(asset.status, 200, link);
        assert((await asset.text()).length > 1_000, link);
      }
      const [, up] = /data-up="([^"]*)"/.exec(html)!;
      const me = await fetch(new URL(`${up}api/v1/me`, response.url));
      assertEquals((await me.json()).user, "ada", page);
    }
  });
}

// Tests the dashboard's HTTP responses, without a browser.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { createEverTask } from "../../mod.ts";
import { createDashboard } from "../../src/dashboard/mod.ts";
import { ServedDashboard } from "./served_dashboard.ts";

Deno.test("every path below the mount is a page, and its links are relative to it", async () => {
  await using dashboard = new ServedDashboard([], { path: "/ops" });
  for (const [page, up] of [["", "./"], ["tasks", "./"], ["tasks/1", "../"], ["a/b/c", "../../"]]) {
    const response = await fetch(dashboard.url(page));
    const html = await response.text();
    assertEquals(response.headers.get("content-type"), "text/html; charset=utf-8");
    assert(html.includes(`data-up="${up}"`), page);
    for (const [, link] of html.matchAll(/(?:href|src)="([^"]*\.(?:js|css))"/g)) {
      const asset = await fetch(new URL(link!, dashboard.url(page)));
      assertMatch(asset.headers.get("content-type")!, /^text\/(javascript|css)/);
      assertMatch(asset.headers.get("cache-control")!, /immutable/);
      assert((await asset.text()).length > 1_000);
    }
  }
});

Deno.test("the page's policy allows only its own assets, and forbids framing", async () => {
  await using dashboard = new ServedDashboard([]);
  const response = await fetch(dashboard.url());
  const html = await response.text();
  const policy = response.headers.get("content-security-policy")!;
  assert(policy.startsWith("default-src 'none';"));
  assert(policy.includes("frame-ancestors 'none'"));
  assert(!policy.includes("unsafe"));
  assert(!/<style|<script>|\sstyle=|\son\w+=/.test(html), "nothing inline");
});

Deno.test("paths outside the mount and POST requests to pages get the API's problem responses", async () => {
  await using dashboard = new ServedDashboard([], { path: "/ops" });
  const outside = await fetch(dashboard.url("", "/other"));
  const change = await fetch(dashboard.url("tasks"), {
    method: "POST",
    body: "{}",
    headers: { "content-type": "application/json" },
  });
  for (const response of [outside, change]) {
    assertEquals(response.headers.get("content-type"), "application/problem+json");
    await response.body?.cancel();
  }
  assertEquals([outside.status, change.status], [404, 404]);
});

Deno.test("a HEAD request gets the headers of a page or an asset without its body", async () => {
  await using everTask = createEverTask({ storage: memoryStorage(), tasks: [] });
  const { fetch } = createDashboard(everTask, { authorize: () => null });
  for (const path of ["/", "/tasks/1"]) {
    const [page, head] = await Promise.all(
      ["GET", "HEAD"].map((method) => fetch(new Request(`http://localhost${path}`, { method }))),
    );
    assertEquals(head!.body, null, path);
    assertEquals([head!.status, [...head!.headers]], [page!.status, [...page!.headers]], path);
    await page!.body?.cancel();
  }
});

Deno.test("the path of a request is escaped in the HTML", async () => {
  await using dashboard = new ServedDashboard([]);
  for (const page of ["%22%3E%3Cscript%3E", "%3Cb%3E/%22", "a'%22<>/x"]) {
    const html = await (await fetch(dashboard.url(page))).text();
    assert(!/<b>|"><script>|<>/.test(html), html);
  }
});

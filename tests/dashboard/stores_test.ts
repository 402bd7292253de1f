// Tests that each page shows what a store holds, with a worker in another process.

import { assertEquals } from "@std/assert";
import type { Browser } from "playwright-core";
import { browserTest } from "../support/browser.ts";
import {
  hasTarget,
  needsTarget,
  targetUrl,
  withPool,
  withSchema,
} from "../support/tsql_server/target.ts";
import { until } from "../support/until.ts";
import { openPage } from "./open_page.ts";
import { OperatedStore, type StoreName, stores } from "./operated_store.ts";
import { wait } from "./programs/tasks.ts";

/** The pages, and a text that each must show. */
const pages: [path: string, text: RegExp][] = [
  ["", /1 task|Failed/],
  ["tasks?queue=payments", /3 match/],
  ["tasks?status=Failed", /2 match/],
  ["series", /No series/],
  ["queues", /payments/],
  ["workers", /charge-card/],
  ["failures", /The gateway refused order/],
  ["limits", /Limits/],
  ["audit", /StatusAudit/],
  ["actions", /Actions/],
];

for (const name of Object.keys(stores) as StoreName[]) {
  browserTest(`every page shows tasks in ${name}`, [], async (t, browser) => {
    await using store = await OperatedStore.create(name);
    await showPages(t, browser, store);
  });
}

const onSqlServer = "every page shows tasks in SQL Server";
if (!hasTarget) Deno.test({ ...needsTarget(onSqlServer), fn() {} });
else {
  browserTest(onSqlServer, [], async (t, browser) => {
    await withPool((pool) =>
      withSchema(pool, async (schema) => {
        const url = `${targetUrl}#${schema}`;
        await using store = OperatedStore.at({ url, remove: () => Promise.resolve() });
        await showPages(t, browser, store);
      })
    );
  });
}

async function showPages(t: Deno.TestContext, browser: Browser, store: OperatedStore) {
  await Promise.all([store.startWorker(), store.startWorker()]);
  await store.charges(1, "later");
  const [id] = await store.charges(2, "fails");
  const page = await openPage(browser, store.url(`tasks/${id}`), "ada");
  await page.getByRole("heading", { name: "How did it end?" }).waitFor();
  for (const [path, text] of pages) {
    await t.step(`/${path}`, async () => {
      await page.goto(store.url(path));
      await page.locator("main").getByText(text).or(page.getByRole("heading", { name: text }))
        .first().waitFor();
      assertEquals(await page.getByRole("alert").count(), 0);
    });
  }
  await t.step("the tasks that each of several workers holds, and the busy places", async () => {
    await store.everTask.dispatchMany(wait, [null, null, null]);
    const held = () => page.locator('[data-title="Tasks held"]').allTextContents();
    await until(async () => {
      await page.goto(store.url("workers"));
      await page.locator("tbody tr").nth(1).waitFor();
      return (await held()).reduce((sum, count) => sum + Number(count), 0) === 3;
    }, "two workers hold three tasks");
    await page.goto(store.url("queues"));
    await page.getByRole("row", { name: /^default .*\b3 of \d+\b.* 2 workers/ }).waitFor();
  });
  await page.close();
}

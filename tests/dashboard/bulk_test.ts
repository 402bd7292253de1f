// Tests the changes of many tasks in a real browser, on real databases.

import { assert, assertEquals } from "@std/assert";
import type { Browser, Page, Route } from "playwright-core";
import { browserTest } from "../support/browser.ts";
import { until } from "../support/until.ts";
import { openPage } from "./open_page.ts";
import { OperatedStore, type StoreName, stores } from "./operated_store.ts";
import { charge } from "./programs/tasks.ts";

const button = (page: Page, name: string | RegExp) =>
  page.getByRole("button", { name, exact: true });

/**
 * Intercepts the batches of bulk changes, except dry runs. Each handler gets one batch, in order.
 * Further batches go to the server.
 */
async function onBatches(page: Page, ...handlers: ((route: Route) => Promise<void>)[]) {
  await page.route("**/api/v1/bulk/*", async (route) => {
    const isDry = route.request().postDataJSON().dryRun === true;
    const handle = isDry ? undefined : handlers.shift();
    await (handle === undefined ? route.continue() : handle(route));
  });
}

for (const name of Object.keys(stores) as StoreName[]) {
  browserTest(`changes of many tasks on ${name}`, [], async (t, browser) => {
    await using store = await OperatedStore.create(name);
    await changeMany(t, browser, store);
  });
}

async function changeMany(t: Deno.TestContext, browser: Browser, store: OperatedStore) {
  const { everTask } = store;
  const { tasks, actions } = everTask.operate;
  const ids = await store.charges(450, "later");
  const count = async (...statuses: ("WaitingQueue" | "Cancelled" | "Queued")[]) =>
    (await tasks.count({ statuses })).count;
  const lastAction = async () => (await actions.list({}, { limit: 1 })).items[0]!;
  const page = await openPage(browser, store.url("tasks?status=WaitingQueue"), "ada");
  const box = (id: string) => page.getByRole("checkbox", { name: `Select ${id}`, exact: true });
  const [newest, ...others] = ids.toReversed() as [string, ...string[]];

  await t.step("selected tasks are run now, and no other ones", async () => {
    await box(newest).click();
    await box(others[2]!).click({ modifiers: ["Shift"] });
    await page.getByText("4 selected.").waitFor();
    await box(others[0]!).click();
    await page.getByText("3 selected.").waitFor();
    await button(page, "Run now…").click();
    await button(page, "Run 3 now").waitFor();
    await page.getByLabel("Why?").fill("the customer waits");
    await button(page, "Run 3 now").click();
    await page.getByText("3 are due now · done").waitFor();
    const { verb, reason, changed } = await lastAction();
    assertEquals([verb, reason, changed], ["runNow", "the customer waits", 3]);
    const due = await tasks.search({ dueBefore: Date.now() + 60_000 });
    assertEquals(due.items.map(({ id }) => id), [newest, others[1]!, others[2]!]);
    await button(page, "Close").click();
    await page.getByText("selected.").waitFor({ state: "detached" });
  });

  await t.step("a selected task whose status changes meanwhile is left as it is", async () => {
    await box(others[5]!).click();
    await tasks.cancel(others[5]!, { by: "bob" });
    await button(page, "Delete…").click();
    await button(page, "Delete 0").and(page.locator(":disabled")).waitFor();
    await page.getByText("1 skipped: changed since you looked").waitFor();
    await button(page, "Close").click();
    assertEquals((await everTask.get(others[5]!))!.status, "Cancelled");
    await page.goto(store.url("tasks?type=charge-card"));
  });

  await t.step("so is one that moves to another status of the selection", async () => {
    const cancelled = others[5]!;
    await box(cancelled).click();
    await box(others[6]!).click();
    await page.getByText("2 selected.").waitFor();
    await tasks.cancel(others[6]!, { by: "bob" });
    await button(page, "Retry…").click();
    await button(page, "Retry 1").waitFor();
    await page.getByText("1 skipped: changed since you looked").waitFor();
    await button(page, "Close").click();
    await button(page, "Clear the selection").click();
  });

  await t.step(
    "a cancel of all that match is stopped after a batch, and continued under Actions despite errors",
    async () => {
      await page.getByLabel("Select all tasks of this page").click();
      await button(page, "Select all 450 that match").click();
      await button(page, "Cancel…").click();
      await page.getByText("2 skipped: already ended").waitFor();
      const start = button(page, "Cancel 448 tasks");
      await start.waitFor();
      await page.getByLabel("Why?").fill("ordered by mistake");
      await onBatches(
        page,
        async (route) => {
          await button(page, "Stop after this batch").click();
          await route.continue();
        },
        (route) => route.abort(),
        // The change is applied, but its response is lost.
        async (route) => {
          await route.fetch();
          await route.abort();
        },
      );
      await start.click();
      await page.getByText(/^\d+ cancelled · stopped/).waitFor();
      const stopped = await count("Cancelled");
      assert(stopped >= 200 && stopped <= 202, `${stopped}`);
      assert((await lastAction()).next !== null);
      await page.getByRole("link", { name: "Show it under Actions" }).click();
      await page.waitForURL(store.url("actions?by=ada&verb=cancel"));
      await page.getByText("not finished").waitFor();
      await button(page, "Continue…").click();
      for (let failure = 0; failure < 2; failure++) {
        await button(page, "Continue").click();
        await page.getByRole("alert").getByText("The server does not answer.").waitFor();
      }
      assertEquals(await count("Cancelled"), stopped + 200);
      await button(page, "Continue").click();
      await page.getByText("448 cancelled · done").waitFor();
      assertEquals(await count("Cancelled"), 450);
      const { changed, next, reason } = await lastAction();
      assertEquals([changed, next, reason], [448, null, "ordered by mistake"]);
      await page.unrouteAll();
    },
  );

  await t.step("all that match are changed: queue and priority", async () => {
    await everTask.dispatch(charge, { order: 1 }, { delay: { hours: 1 }, tags: ["eu"] });
    await page.goto(store.url("tasks?tag=eu"));
    await page.getByLabel("Select all tasks of this page").click();
    await button(page, "Change…").click();
    await page.getByLabel("Why?").fill("urgent");
    await button(page, "Change 1").click();
    await page.locator(".field-note .bad").getByText("Nothing has changed yet.").waitFor();
    await page.getByRole("dialog").getByLabel("Priority").fill("9");
    await button(page, "Change 1").click();
    await page.getByText("1 changed · done").waitFor();
    const { items: [task] } = await tasks.search({ tags: ["eu"] });
    assertEquals([task!.priority, task!.queue], [9, "payments"]);
    await button(page, "Close").click();
  });

  await t.step("all that match are deleted, after a refusal that the page explains", async () => {
    await until(async () => await count("WaitingQueue") === 1, "one task waits");
    await page.goto(store.url("tasks?tag=eu"));
    await page.getByLabel("Select all tasks of this page").click();
    await button(page, "Delete…").click();
    await page.getByLabel("Why?").fill("a test");
    await onBatches(
      page,
      (route) =>
        route.fulfill({
          status: 403,
          contentType: "application/problem+json",
          body: JSON.stringify({ status: 403, title: "No", detail: "You have lost the right." }),
        }),
    );
    await button(page, "Delete 1").click();
    await page.getByRole("alert").getByText("You may not do this.").waitFor();
    await button(page, "Continue").click();
    await page.getByText("1 deleted · done").waitFor();
    assertEquals((await tasks.search({ tags: ["eu"] })).items, []);
  });
  await page.close();
}

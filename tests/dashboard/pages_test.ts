// Tests the pages in a real browser.

import { assert, assertEquals } from "@std/assert";
import type { Browser, Page } from "playwright-core";
import { defineTask, noRetry, type TaskContext } from "../../mod.ts";
import { authorizePeople } from "../../src/api/mod.ts";
import { browserTest } from "../support/browser.ts";
import { until } from "../support/until.ts";
import { ServedDashboard } from "./served_dashboard.ts";

const charge = defineTask<{ readonly order: number }>({
  type: "charge-card",
  retry: noRetry(),
  async handle({ order }, context: TaskContext) {
    await context.log.info(`Charging order ${order}`);
    if (order % 2 === 0) throw new Error("The gateway timed out.");
  },
});

/** Opens a page. Closing it fails the test after a script error, a dialog or a console error. */
async function open(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("dialog", (dialog) => faults.push(dialog.message()));
  page.on("console", (message) => {
    if (message.type() === "error" && !/401/.test(message.text())) faults.push(message.text());
  });
  page.on("close", () => assertEquals(faults, []));
  await page.goto(url);
  return page;
}

/** Opens a page in a browser whose clock is three days ahead. */
async function openWithWrongClock(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage();
  await page.addInitScript(`
    const right = Date.now;
    Date.now = () => right() + ${3 * 86_400_000};
  `);
  await page.goto(url);
  return page;
}

/** Waits until the page shows a table with `count` rows. */
function rows(page: Page, count: number): Promise<void> {
  return until(async () => await page.locator("tbody tr").count() === count, `${count} rows`);
}

/** Starts a dashboard whose tasks have completed or failed. */
async function dashboardWithTasks(...args: ConstructorParameters<typeof ServedDashboard>) {
  const dashboard = new ServedDashboard(...args);
  const { everTask } = dashboard;
  await everTask.start();
  const orders = Array.from({ length: 60 }, (_, order) => ({ order }));
  await everTask.dispatchMany(charge, orders);
  await everTask.dispatch(charge, { order: 100 }, { taskKey: "order-100", tags: ["tenant:42"] });
  await until(
    async () =>
      (await everTask.operate.tasks.count({ statuses: ["Completed", "Failed"] })).count === 61,
    "all tasks have ended",
  );
  return dashboard;
}

browserTest("the dashboard in Chromium", [], async (t, browser) => {
  await using dashboard = await dashboardWithTasks([charge], { path: "/ops" });

  await t.step("the overview counts tasks, and its counts link to them", async () => {
    const page = await open(browser, dashboard.url());
    const failed = page.locator(".figure", { hasText: "Failed" });
    await failed.getByText("31", { exact: true }).waitFor();
    await failed.click();
    await page.getByText("31 match").waitFor();
    const { pathname, searchParams } = new URL(page.url());
    assertEquals(pathname, "/ops/tasks");
    assertEquals(searchParams.getAll("status"), ["Failed"]);
    assert(Date.parse(searchParams.get("executedFrom")!) < Date.now());
    await rows(page, 31);
    await page.close();
  });

  await t.step("a figure that cannot be loaded makes no statement", async () => {
    const page = await browser.newPage();
    await page.route("**/api/v1/queues*", (route) => route.abort());
    await page.goto(dashboard.url());
    await page.getByRole("alert").getByText("The server does not answer.").first().waitFor();
    const waiting = page.locator(".figure", { hasText: "Waiting" });
    assertEquals(await waiting.textContent(), "Waiting…\u00a0");
    await page.close();
  });

  await t.step("the URL contains the filters, the order and the page", async () => {
    const page = await open(browser, dashboard.url("tasks?type=charge-card"));
    await page.getByText("61 match").waitFor();
    await page.getByRole("link", { name: "oldest first" }).click();
    await page.locator('[aria-current="true"]', { hasText: "oldest first" }).waitFor();
    await page.getByRole("link", { name: "Next page" }).click();
    await rows(page, 11);
    const other = await open(browser, page.url());
    await rows(other, 11);
    await other.close();
    await page.goBack();
    await rows(page, 50);
    await page.getByLabel("Filters").locator("select").selectOption("status");
    await page.getByRole("textbox", { name: "Search" }).or(page.locator("input[name=value]"))
      .first()
      .fill("Completed");
    await page.getByRole("button", { name: "Add" }).click();
    await page.getByText("30 match").waitFor();
    await page.getByRole("link", { name: "Remove the filter Type: charge-card" }).click();
    await page.waitForURL((url) => !url.searchParams.has("type"));
    assertEquals(new URL(page.url()).searchParams.getAll("status"), ["Completed"]);
    await page.close();
  });

  await t.step("a task's page shows its outcome, history, log and payload", async () => {
    const page = await open(browser, dashboard.url("tasks?key=order-100"));
    await page.getByRole("link", { name: "order-100", exact: true }).click();
    await page.getByRole("heading", { name: "How did it end?" }).waitFor();
    await page.getByText("Charging order 100").first().waitFor();
    await page.getByRole("link", { name: "tenant:42" }).waitFor();
    const payload = page.getByRole("region", { name: "Payload" });
    assertEquals(await payload.locator("pre").textContent(), '{\n  "order": 100\n}');
    await page.reload();
    await page.getByRole("heading", { name: "How did it end?" }).waitFor();
    await page.close();
  });

  await t.step("changes are shown without a reload", async () => {
    const page = await open(browser, dashboard.url("queues"));
    await page.getByRole("row", { name: /^default/ }).waitFor();
    await dashboard.everTask.dispatch(charge, { order: 1 }, { delay: { hours: 1 } });
    await page.getByRole("row", { name: /^default 0 – 1 / }).waitFor();
    await page.close();
  });

  await t.step("ages and spans follow the store's clock if the browser's is wrong", async () => {
    const options = { delay: { hours: 1, minutes: 30 }, taskKey: "later" };
    await dashboard.everTask.dispatch(charge, { order: 3 }, options);
    const list = await openWithWrongClock(browser, dashboard.url("tasks?key=later"));
    await list.getByRole("row", { name: "later" }).getByText(/^in 1 h 2\d m$/).waitFor();
    await list.close();
    const overview = await openWithWrongClock(browser, dashboard.url());
    await overview.locator(".figure", { hasText: "Failed" }).getByText("31", { exact: true })
      .waitFor();
    await overview.close();
  });

  await t.step("each page can be reached with the keyboard", async () => {
    const page = await open(browser, dashboard.url());
    for (const name of ["Tasks", "Series", "Queues", "Workers", "Audit", "Overview"]) {
      const link = page.getByRole("navigation").getByRole("link", { name, exact: true });
      await link.focus();
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { level: 1, name }).waitFor();
    }
    await page.keyboard.press("/");
    await page.keyboard.type("order-100");
    await page.keyboard.press("Enter");
    await page.getByText("1 match").waitFor();
    assert(page.url().endsWith("tasks?key=order-100"));
    await page.close();
  });
});

browserTest(
  "the dashboard behind a proxy that removes a path prefix",
  [],
  async (t, browser) => {
    const strip = (request: Request) => {
      const url = new URL(request.url);
      url.pathname = url.pathname.replace("/intern/jobs", "");
      return new Request(url, request);
    };
    await using dashboard = new ServedDashboard([charge], {}, strip);
    const { id } = await dashboard.everTask.dispatch(charge, { order: 1 });
    await t.step("a deep link works, and so do the links on its page", async () => {
      const page = await open(browser, dashboard.url(`tasks/${id}`, "/intern/jobs"));
      await page.getByRole("heading", { name: "Why is it not running?" }).waitFor();
      await page.getByRole("link", { name: "Queues" }).click();
      await page.getByRole("row", { name: /^default 1/ }).waitFor();
      assertEquals(page.url(), dashboard.url("queues", "/intern/jobs"));
      await page.close();
    });
  },
);

browserTest("people sign in with their token, and sign out", [], async (_, browser) => {
  const token = "0123456789abcdef0123456789abcdef";
  const authorize = authorizePeople([{ user: "Ada", token, can: ["view"] }]);
  await using dashboard = new ServedDashboard([charge], { authorize });
  await dashboard.everTask.dispatch(charge, { order: 1 }, { taskKey: "order-1" });
  const page = await open(browser, dashboard.url("tasks"));
  await page.getByLabel("Token").fill("wrong".repeat(8));
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").waitFor();
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("link", { name: "order-1", exact: true }).click();
  await page.getByText("You may not see payloads.").waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Token").waitFor();
  await page.close();
});

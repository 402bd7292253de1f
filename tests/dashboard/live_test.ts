// Tests that pages follow events, in a real browser.

import { assert, assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { defineTask, noRetry } from "../../mod.ts";
import { until } from "../support/until.ts";
import { browserTest } from "../support/browser.ts";
import { flood } from "./flood.ts";
import { openPage } from "./open_page.ts";
import { ServedDashboard } from "./served_dashboard.ts";

const wait = defineTask<null>({
  type: "wait",
  retry: noRetry(),
  async handle(_, { log, signal }) {
    const aborted = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => aborted.resolve());
    for (let line = 1; line <= 600; line++) await log.info(`Line ${line}`);
    await aborted.promise;
    await log.info("The last line");
    signal.throwIfAborted();
  },
});
const later = { delay: { hours: 1 } };

/** Counts the requests of a page. */
function countRequests(page: Page): (path: string) => number {
  const paths: string[] = [];
  page.on("request", (request) => paths.push(new URL(request.url()).pathname));
  return (path) => paths.filter((each) => each.endsWith(path)).length;
}

/** Tells the page that its tab is hidden or visible. */
async function setHidden(page: Page, isHidden: boolean): Promise<void> {
  await page.evaluate(`
    Object.defineProperty(document, "hidden", { configurable: true, get: () => ${isHidden} });
    document.dispatchEvent(new Event("visibilitychange"));
  `);
}

function live(page: Page): Promise<void> {
  return page.getByRole("status").getByText("Live").waitFor();
}

browserTest("pages follow events", [], async (t, browser) => {
  await using dashboard = new ServedDashboard([wait], { path: "/ops" });
  const { everTask } = dashboard;
  await everTask.start();
  const open = (path: string) => openPage(browser, dashboard.url(path), "local");

  await t.step("a list shows a new task", async () => {
    const page = await open("tasks");
    await live(page);
    await page.getByText("0 match").waitFor();
    await everTask.dispatch(wait, null, { ...later, taskKey: "first" });
    // Without an event, the list would be loaded after 15 seconds.
    await page.getByRole("link", { name: "first", exact: true }).waitFor({ timeout: 12_000 });
    await page.close();
  });

  await t.step("the page of a task shows its end, and every line of its log", async () => {
    const { id } = await everTask.dispatch(wait, null);
    const page = await open(`tasks/${id}`);
    await page.getByRole("heading", { name: "What is it doing?" }).waitFor();
    await everTask.cancel(id);
    await page.getByRole("heading", { name: "How did it end?" }).waitFor();
    await page.getByText("The last line").waitFor();
    assertEquals(await page.locator(".log li").count(), 601);
    await page.close();
  });

  await t.step("a hidden tab sends no requests, and is up to date when it is shown", async () => {
    const page = await open("tasks?type=wait");
    await live(page);
    const requests = countRequests(page);
    await setHidden(page, true);
    await page.getByRole("status").getByText("Connecting").waitFor();
    await everTask.dispatch(wait, null, { ...later, taskKey: "hidden" });
    await until(async () => {
      const { items } = await everTask.operate.tasks.search({ taskKey: "hidden" });
      return items.length === 1;
    }, "the task is stored");
    assertEquals([requests("/tasks"), requests("/events")], [0, 0]);
    await setHidden(page, false);
    await page.getByRole("link", { name: "hidden", exact: true }).waitFor();
    assertEquals(requests("/events"), 1);
    await page.close();
  });

  await t.step(
    "after the machine has slept, the page connects again and loads its data",
    async () => {
      const page = await open("queues");
      await live(page);
      const requests = countRequests(page);
      await page.evaluate(() => {
        const original = Date.now;
        Date.now = () => original() + 3_600_000;
      });
      await until(() => requests("/events") === 1, "a new stream");
      await until(() => requests("/queues") >= 1, "new data");
      await live(page);
      await page.close();
    },
  );

  await t.step(
    "after the server was restarted, the page connects again and loads its data",
    async () => {
      const page = await open("tasks");
      await live(page);
      await dashboard.restart(async () => {
        await page.getByRole("status").getByText("Connecting").waitFor();
        await everTask.dispatch(wait, null, { ...later, taskKey: "restarted" });
      });
      await page.getByRole("link", { name: "restarted", exact: true }).waitFor();
      await live(page);
      await page.close();
    },
  );

  await t.step(
    "in a flood of events the page gets a sample, draws a few times a second, and says so",
    async () => {
      const page = await open("?span=7+d");
      await live(page);
      const devTools = await page.context().newCDPSession(page);
      await devTools.send("Network.enable");
      let messages = 0;
      devTools.on("Network.eventSourceMessageReceived", () => messages++);
      await page.evaluate(`
        drawn = { times: 0, formatters: 0, since: performance.now() };
        for (const name of ["toLocaleString", "toLocaleDateString", "toLocaleTimeString"]) {
          Date.prototype[name] = () => String(drawn.formatters++);
        }
        new MutationObserver(() => drawn.times++)
          .observe(document.body, { subtree: true, childList: true, characterData: true });
      `);
      const requests = countRequests(page);
      const emitted = await flood(everTask.events, 30_000, 2_000);
      await page.getByRole("status").getByText("sampled").waitFor();
      const { times, formatters, seconds } = await page.evaluate(
        "({ ...drawn, seconds: (performance.now() - drawn.since) / 1000 })",
      ) as { times: number; formatters: number; seconds: number };
      assert(emitted > 10_000, `only ${emitted} events`);
      // At most 50 events a second, each with the number of those that were left out before it.
      assert(messages <= 100 * (seconds + 1), `${messages} messages in ${seconds} s`);
      // The clock, and at most one load a second of each of the six routes of the page.
      assert(times <= 7 * (seconds + 1), `drawn ${times} times in ${seconds} s`);
      assertEquals(formatters, 0, "formatters, each of which takes milliseconds to create");
      assert(requests("/queues") <= 2 * (seconds + 1), `${requests("/queues")} loads`);
      await page.close();
    },
  );
});

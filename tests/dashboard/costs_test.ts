// Tests what a page costs: the requests before its first paint, and its memory over time.

import { assert, assertEquals } from "@std/assert";
import { defineTask } from "../../mod.ts";
import { browserTest } from "../support/browser.ts";
import { openPage } from "./open_page.ts";
import { ServedDashboard } from "./served_dashboard.ts";

const mail = defineTask<number>({ type: "mail", handle() {} });

browserTest("a page paints after three requests, all to its own server", [], async (_, browser) => {
  await using dashboard = new ServedDashboard([mail]);
  const page = await browser.newPage();
  const requests: { readonly url: string; readonly type: string }[] = [];
  page.on("request", (request) => {
    requests.push({ url: request.url(), type: request.resourceType() });
  });
  await page.goto(dashboard.url("queues"));
  await page.getByRole("navigation", { name: "Pages" }).waitFor();
  await page.getByText("Live", { exact: true }).waitFor();
  const types = requests.map(({ type }) => type).filter((type) => !/fetch|eventsource/.test(type));
  assertEquals(types.sort(), ["document", "script", "stylesheet"]);
  assert(requests.every(({ url }) => url.startsWith(dashboard.url())));
  await page.close();
});

browserTest("a page that follows events keeps its memory", [], async (_, browser) => {
  await using dashboard = new ServedDashboard([mail]);
  const { everTask } = dashboard;
  await everTask.start();
  const page = await openPage(browser, dashboard.url("tasks"), "local");
  const devTools = await page.context().newCDPSession(page);
  const usedBytes = async () => {
    await devTools.send("HeapProfiler.collectGarbage");
    return (await devTools.send("Runtime.getHeapUsage")).usedSize;
  };
  /**
   * Shows the tasks, follows events and changes pages. Returns the memory in use afterwards: the
   * least after one of the last three rounds, because what a page has just left may be kept a
   * little longer.
   */
  const use = async (rounds: number) => {
    const used: number[] = [];
    for (let round = 0; round < rounds; round++) {
      for (const name of ["Overview", "Queues", "Workers", "Tasks"]) {
        await everTask.dispatchMany(mail, Array.from({ length: 50 }, (_, number) => number));
        await page.getByRole("link", { name, exact: true }).click();
        await page.locator("main .card").first().waitFor();
      }
      used.push(await usedBytes());
    }
    return Math.min(...used.slice(-3));
  };
  const before = await use(6); // until the compiled code and the lists have their full size
  const after = await use(6);
  assert(after < before * 1.1 + 300_000, `from ${before} to ${after} bytes`);
  await page.close();
});

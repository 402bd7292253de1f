// Tests the page of failures in a real browser: the charts of the groups, and their versions.

import { assertEquals } from "@std/assert";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import type { FailureReport } from "../../src/storage/work_reports.ts";
import { browserTest } from "../support/browser.ts";
import { openPage } from "./open_page.ts";
import { ServedDashboard } from "./served_dashboard.ts";

const [hour, day] = [3_600_000, 86_400_000];

browserTest("the failures of groups over time", [], async (t, browser) => {
  const storage = memoryStorage();
  await using dashboard = new ServedDashboard([], {}, undefined, { storage });
  await dashboard.everTask.start();
  const now = Date.now();
  const report = (version: string | null, group: number, lastAt: number, count: number) => {
    const failure: FailureReport = {
      group: `000000000000000${group}`,
      type: `type-${group}`,
      summary: "Error: <n>",
      count,
      firstAt: lastAt,
      lastAt,
      taskId: crypto.randomUUID(),
      exception: "Error: 1",
    };
    return storage.reportWork({
      ...{ source: "w", version, activity: [], failures: [failure], retention: null },
    });
  };
  await report("2.4.0", 1, now - 3 * day, 5);
  await report("2.4.1", 1, now, 2);
  await report(null, 2, now - 20 * day, 7);
  const page = await openPage(browser, dashboard.url("failures"), "local");
  const groups = page.locator(".groups > li");
  const captions = () => page.locator(".small-bars p").allTextContents();

  await t.step("a group shows its versions, and one without versions none", async () => {
    await groups.nth(1).waitFor();
    const [first, second] = await groups.locator(".faint").allTextContents();
    assertEquals(/last .* in 2\.4\.1 · first .* in 2\.4\.0$/.test(first!), true, first);
    assertEquals(second!.includes(" in "), false, second);
  });

  await t.step("the span is a link, and decides which failures a chart has", async () => {
    assertEquals(await captions(), ["2 in the last 24 h", "none in the last 24 h"]);
    await page.getByRole("link", { name: "7 d" }).click();
    await page.waitForURL(dashboard.url("failures?span=7+d"));
    await page.getByText("7 in the last 7 d").waitFor();
    await page.goto(dashboard.url("failures?span=30+d"));
    await page.getByText("7 in the last 30 d").first().waitFor();
    assertEquals(await captions(), ["7 in the last 30 d", "7 in the last 30 d"]);
    await page.goBack();
    await page.getByText("none in the last 7 d").waitFor();
  });

  await t.step("the keys read a chart, and Enter opens the tasks of a bar", async () => {
    const chart = page.getByRole("slider", { name: "Failures in the last 7 d" }).first();
    await chart.focus();
    assertEquals((await chart.getAttribute("aria-valuetext"))!.startsWith("2 failed, "), true);
    assertEquals((await captions())[0], await chart.getAttribute("aria-valuetext"));
    await page.keyboard.press("Home");
    assertEquals((await captions())[0]!.startsWith("0 failed, "), true);
    await page.keyboard.press("End");
    await page.keyboard.press("Enter");
    await page.waitForURL(/tasks\?type=type-1&status=Failed/);
    const { searchParams } = new URL(page.url());
    const [from, to] = ["executedFrom", "executedBefore"].map((name) =>
      Date.parse(searchParams.get(name)!)
    );
    assertEquals([to! - from!, from! <= now && now < to!], [6 * hour, true]);
  });

  await page.close();
});

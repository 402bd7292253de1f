// Tests the actions of series and queues, and the pages of failures and actions, in a real browser
// with a worker process, on real databases.

import { assert, assertEquals } from "@std/assert";
import type { Browser, Page } from "playwright-core";
import { browserTest } from "../support/browser.ts";
import { until } from "../support/until.ts";
import { openPage } from "./open_page.ts";
import { OperatedStore, type StoreName, stores } from "./operated_store.ts";
import { charge, mail, report } from "./programs/tasks.ts";
import { changeStore } from "./store_actions.ts";

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

for (const name of Object.keys(stores) as StoreName[]) {
  browserTest(`series, queues, failures and actions on ${name}`, [], async (t, browser) => {
    await using store = await OperatedStore.create(name);
    await store.startWorker();
    await operate(t, browser, store);
  });
}

async function operate(t: Deno.TestContext, browser: Browser, store: OperatedStore) {
  const { everTask } = store;
  const { id } = await everTask.dispatch(report, null, {
    taskKey: "daily report",
    recurring: {
      kind: "calendar",
      every: 1,
      unit: "months",
      times: ["09:00"],
      timeZone: "Europe/Rome",
    },
  });
  const seriesNow = async () => (await everTask.get(id))!.series!;
  const page = await openPage(browser, store.url("series"), "ada");
  const outcome = (text: string) => page.getByRole("status").getByText(text).waitFor();
  const confirm = async (label: string, reason: string) => {
    await page.getByLabel(/^Why\?/).fill(reason);
    await button(page, label).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
  };

  await t.step("a series shows its next ten runs, with clock changes marked", async () => {
    await page.getByRole("link", { name: "daily report", exact: true }).click();
    await page.getByRole("heading", { name: "every month at 09:00 Europe/Rome" }).waitFor();
    const runs = page.getByRole("region", { name: "Next runs" }).getByRole("listitem");
    await runs.nth(9).waitFor();
    assertEquals(await runs.filter({ hasText: "09:00:00" }).count(), 10);
    const changes = await runs.filter({ hasText: "clocks change" }).count();
    assert(changes === 1 || changes === 2, `${changes} clock changes in ten months`);
  });

  await t.step("a series is paused and resumed", async () => {
    await button(page, "Pause…").click();
    await confirm("Pause", "the report is wrong");
    await outcome("The series is paused.");
    assertEquals((await seriesNow()).paused, true);
    await button(page, "Resume…").click();
    await confirm("Resume", "repaired");
    await button(page, "Pause…").waitFor();
    assertEquals((await seriesNow()).paused, undefined);
  });

  await t.step("a series runs now, and its page counts the run", async () => {
    await button(page, "Run now…").click();
    await confirm("Run now", "the boss waits");
    await until(async () => (await seriesNow()).runCount === 1, "the extra run has ended");
    await page.getByText("All stored runs (1): 0 not completed").waitFor();
  });

  await t.step("the preview of another schedule shows its runs or its problem", async () => {
    await button(page, "Change the schedule…").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("every month at 09:00 Europe/Rome").waitFor();
    await dialog.getByLabel("Schedule").fill("every day");
    await dialog.locator(".field-note .bad").waitFor();
    await dialog.getByLabel("Schedule").fill("30 4 * * *");
    await dialog.getByRole("region", { name: "Next runs" }).getByText("04:30:00").nth(9).waitFor();
    await confirm("Change the schedule", "earlier");
    await page.getByRole("heading", { name: /04:30|30 4/ }).waitFor();
    assertEquals(JSON.parse((await seriesNow()).schedule).kind, "cron");
  });

  await t.step("a series ends", async () => {
    await button(page, "End…").click();
    await confirm("End the series", "nobody reads it");
    await page.locator(".why .mark").getByText("Cancelled").waitFor();
    assertEquals((await seriesNow()).nextRunAt, null);
  });

  await t.step("a queue is paused and resumed", async () => {
    await page.goto(store.url("queues"));
    const row = page.getByRole("row").filter({ hasText: "payments" });
    await button(page, "Pause the queue payments…").click();
    await confirm("Pause", "the gateway is down");
    await row.getByText("paused").waitFor();
    await button(page, "Resume the queue payments…").click();
    await confirm("Resume", "the gateway is up");
    await row.getByText("1 worker").waitFor();
  });

  await t.step("a group of failures links to its tasks, and is retried", async () => {
    const failures = Array.from({ length: 3 }, (_, order) => ({ order, fails: true }));
    await everTask.dispatchMany(charge, failures);
    await until(
      async () => (await everTask.operate.failures.list()).items[0]?.count === 3,
      "the worker has reported its failures",
    );
    await page.goto(store.url("failures"));
    await page.getByText("The gateway refused order <n>.").waitFor();
    await page.getByRole("link", { name: "Tasks", exact: true }).last().click();
    await page.getByText("3 match").waitFor();
    await page.goBack();
    await button(page, "Retry these…").click();
    await button(page, "Retry 3").waitFor();
    await page.getByLabel("Why?").fill("the gateway is up");
    await button(page, "Retry 3").click();
    await page.getByText("3 retried · done").waitFor();
    await button(page, "Close").click();
  });

  await t.step(
    "the page of actions shows who did what and why, and the values before and after",
    async () => {
      await page.goto(store.url(`actions?taskId=${id}`));
      const items = page.locator(".action");
      await items.nth(4).waitFor();
      assertEquals(await items.count(), 5);
      const told = await items.filter({ hasText: "paused the series" }).innerText();
      assert(told.includes("ada") && told.includes("the report is wrong"), told);
      assert(told.includes("false → true"), told);
      await page.goto(store.url("actions?verb=pauseQueue&by=ada"));
      await page.getByText("the gateway is down").waitFor();
      assertEquals(await items.count(), 1);
      await page.getByRole("link", { name: "Remove the filter What: pauseQueue" }).click();
      await items.nth(7).waitFor();
    },
  );

  await t.step("the page of limits shows the budget of each key", async () => {
    await everTask.dispatchMany(mail, ["ada", "ada", "ada"]);
    await until(
      async () => (await everTask.operate.limits()).items.length === 1,
      "the worker has reserved slots",
    );
    await page.goto(store.url("limits"));
    await page.getByRole("row", { name: /^mail ada \d+ in .* slots are taken Release / }).waitFor();
    await page.setViewportSize({ width: 360, height: 740 });
    await page.getByRole("row", {
      name: /^mail ada Waiting \d+ Next slot in .* slots are taken Release /,
    })
      .waitFor();
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  await t.step("the page of the history shows what a retention policy would delete", async () => {
    await page.goto(store.url("audit"));
    await page.getByText(/^about \d+ rows$/).nth(3).waitFor();
    await page.getByLabel("Status changes").fill("30");
    await button(page, "Count").click();
    await page.locator("dl[aria-label='Would be deleted']").getByText("0").nth(3).waitFor();
    assertEquals(page.url(), store.url("audit?statusAuditDays=30"));
  });
  await changeStore(t, page, store);
  await page.close();
}

// Tests that hostile text stays text in dialogs, in messages and on the page of actions.

import { assertEquals } from "@std/assert";
import { defineTask, noRetry } from "../../mod.ts";
import { authorizeByName } from "../api/tenants.ts";
import { browserTest } from "../support/browser.ts";
import { openPage } from "./open_page.ts";
import { users } from "./operated_store.ts";
import { ServedDashboard } from "./served_dashboard.ts";

const hostile = `"><img src=x onerror="alert(1)"><script>alert(2)</script>&lt;\u202e'`;

browserTest("hostile text stays text in every dialog", [], async (_, browser) => {
  const task = defineTask<unknown>({
    type: hostile,
    queue: hostile,
    retry: noRetry(),
    handle() {},
  });
  const options = { authorize: authorizeByName(users) };
  await using dashboard = new ServedDashboard([task], options, undefined, {
    queues: { [hostile]: {}, "..": {} },
  });
  const { everTask } = dashboard;
  const delay = { hours: 1 };
  const { id } = await everTask.dispatch(task, { [hostile]: hostile }, {
    delay,
    taskKey: hostile,
    tags: [hostile],
  });
  const { id: series } = await everTask.dispatch(task, hostile, {
    taskKey: `series ${hostile}`,
    recurring: "0 9 * * *",
  });
  const operator = { by: hostile, reason: hostile };
  await everTask.operate.tasks.edit(id, { priority: 1, payload: hostile }, operator);
  await everTask.operate.bulk.edit(
    { types: [hostile], tags: [hostile] },
    { priority: 2 },
    operator,
  );

  const page = await openPage(browser, dashboard.url(), "ada");
  const shows = async (what: string) => {
    await page.getByText(hostile).first().waitFor();
    assertEquals(await page.locator("img, #app script, iframe").count(), 0, what);
  };
  const dialogs: [path: string, buttons: string[]][] = [
    [`tasks/${id}`, ["Run now…", "Change…", "Clone…", "Cancel…", "Delete…"]],
    [`series/${series}`, ["Run now…", "Pause…", "Change the schedule…", "End…"]],
  ];
  for (const [path, buttons] of dialogs) {
    await page.goto(dashboard.url(path));
    for (const button of buttons) {
      await page.getByRole("button", { name: button }).click();
      await page.getByRole("dialog").waitFor();
      await shows(button);
      await page.getByRole("button", { name: "Close" }).click();
    }
  }
  await page.goto(dashboard.url(`tasks?${new URLSearchParams({ type: hostile })}`));
  await page.getByLabel("Select all tasks of this page").click();
  await page.getByRole("button", { name: "Cancel…" }).click();
  await page.getByRole("dialog").waitFor();
  await shows("bulk");
  await page.goto(dashboard.url("queues"));
  for (const queue of [hostile, ".."]) {
    await page.getByRole("button", { name: `Pause the queue ${queue}…` }).click();
    await page.getByLabel("Why?").fill(hostile);
    await page.getByRole("button", { name: "Pause", exact: true }).click();
    await page.getByRole("button", { name: `Resume the queue ${queue}…` }).waitFor();
  }
  await page.goto(dashboard.url("actions"));
  await page.locator(".action").nth(2).waitFor();
  for (const details of await page.locator("details").all()) await details.click();
  await shows("actions");
  await page.close();
});

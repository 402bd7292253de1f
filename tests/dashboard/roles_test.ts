// Tests that the dashboard offers only what its user may do, and that it shows a refusal of the
// server. tests/api/changes_test.ts tests the refusals of each route.

import { assert, assertEquals } from "@std/assert";
import type { Browser, Page } from "playwright-core";
import { browserTest } from "../support/browser.ts";
import { openPage } from "./open_page.ts";
import { OperatedStore, users } from "./operated_store.ts";
import { until } from "../support/until.ts";
import { mail, queues, report } from "./programs/tasks.ts";

/** The names of the buttons and checkboxes on each page, for each user. */
type Offers = Readonly<Record<string, readonly string[]>>;

const taskButtons = ["Run now…", "Change…", "Cancel…", "Delete…"];
const seriesButtons = ["Run now…", "Pause…", "Change the schedule…", "End…"];
const queueButtons = Object.keys(queues).map((queue) => `Pause the queue ${queue}…`);
const workerButtons = ["Stop the worker on dashboard…"];
const limitButtons = ["Release the limit of mail, ada…"];
const nothing: Offers = {
  task: [],
  tasks: [],
  series: [],
  queues: [],
  workers: [],
  limits: [],
  audit: [],
};
const operates: Offers = {
  ...nothing,
  task: taskButtons,
  tasks: ["select"],
  series: seriesButtons,
};
const administers: Offers = {
  ...operates,
  queues: queueButtons,
  workers: workerButtons,
  limits: limitButtons,
  audit: ["Purge…"],
};
const withPayloads = ["Run now…", "Change…", "Clone…", "Cancel…", "Delete…"];
const expected: Readonly<Record<keyof typeof users, Offers>> = {
  ada: { ...administers, task: withPayloads },
  viewer: nothing,
  operator: operates,
  redacted: administers,
  tenant: { ...operates, task: withPayloads },
};

async function offered(page: Page, url: string): Promise<string[]> {
  await page.goto(url);
  await page.locator("main .card").first().waitFor();
  await until(
    async () => await page.locator("main").getByText("Loading…").count() === 0,
    "everything is loaded",
  );
  const buttons = await page.locator("main button:not([type=submit])").evaluateAll((elements) =>
    elements.map((element) => element.getAttribute("aria-label") ?? element.textContent ?? "")
  );
  const boxes = await page.locator("main tbody input[type=checkbox]").count();
  return boxes > 0 ? [...buttons, "select"] : buttons;
}

browserTest("each user is offered what they may do, and nothing else", [], async (t, browser) => {
  await using store = await OperatedStore.create("SQLite");
  const { everTask } = store;
  const tags = ["tenant:42"];
  const { id } = await everTask.dispatch(report, null, { tags, delay: { hours: 1 } });
  const { id: series } = await everTask.dispatch(report, null, {
    tags,
    taskKey: "daily",
    recurring: "0 9 * * *",
  });
  const paths = {
    task: `tasks/${id}`,
    tasks: "tasks",
    series: `series/${series}`,
    queues: "queues",
    workers: "workers",
    limits: "limits",
    audit: "audit?statusAuditDays=0.000000001",
  };
  await everTask.dispatch(mail, "ada", { tags });
  await everTask.start();
  await until(async () => (await everTask.operate.limits()).items.length === 1, "a limit in use");
  for (const user of Object.keys(users) as (keyof typeof users)[]) {
    await t.step(user, async () => {
      const page = await openPage(browser, store.url(), user);
      for (const [name, path] of Object.entries(paths)) {
        const found = await offered(page, store.url(path));
        assertEquals([name, ...found], [name, ...expected[user][name]!]);
      }
      const pages = await page.getByRole("navigation", { name: "Pages" }).getByRole("link").count();
      assertEquals(pages, user === "tenant" ? 3 : 9);
      await page.close();
    });
  }
  await t.step(
    "if the user has lost a right, the server refuses the request, and the page says why",
    async () => {
      await refusesLostRight(browser, store, id);
    },
  );
});

async function refusesLostRight(browser: Browser, store: OperatedStore, id: string) {
  const page = await openPage(browser, store.url(`tasks/${id}`), "ada");
  await page.getByRole("button", { name: "Cancel…" }).click();
  await page.getByLabel("Why?").fill("a test");
  await page.context().setExtraHTTPHeaders({ "x-user": "viewer" });
  await page.getByRole("button", { name: "Cancel the task" }).click();
  const alert = page.getByRole("alert");
  await alert.getByText("You may not do this.").waitFor();
  assert((await alert.innerText()).includes('This needs the right "operate".'));
  assertEquals((await store.everTask.get(id))!.status, "WaitingQueue");
  await page.close();
}

// Tests the actions of a task's page in a real browser: with a worker process, on real databases.

import { assert, assertEquals } from "@std/assert";
import type { Browser, Page } from "playwright-core";
import { browserTest } from "../support/browser.ts";
import { until } from "../support/until.ts";
import { openPage } from "./open_page.ts";
import { OperatedStore, type StoreName, stores } from "./operated_store.ts";
import { charge, wait } from "./programs/tasks.ts";

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

/** Waits until the page shows `status` as the task's status. */
function shows(page: Page, status: string): Promise<void> {
  return page.locator(".why .mark").filter({ hasText: status }).waitFor();
}

for (const name of Object.keys(stores) as StoreName[]) {
  browserTest(`the actions of a task's page on ${name}`, [], async (t, browser) => {
    await using store = await OperatedStore.create(name);
    await store.startWorker();
    await actOnTasks(t, browser, store);
  });
}

async function actOnTasks(t: Deno.TestContext, browser: Browser, store: OperatedStore) {
  const { everTask } = store;
  const [failed, ...later] = [
    ...await store.charges(1, "fails"),
    ...await store.charges(3, "later"),
  ] as [string, ...string[]];
  const statusOf = async (id: string) => (await everTask.get(id))?.status ?? "gone";
  const reaches = (id: string, status: string) =>
    until(async () => await statusOf(id) === status, `the task is ${status}`);
  const lastAction = async () => (await everTask.operate.actions.list({}, { limit: 1 })).items[0]!;
  const page = await openPage(browser, store.url(), "ada");
  const open = (id: string) => page.goto(store.url(`tasks/${id}`));
  await reaches(failed, "Failed");

  await t.step("the problem of a refused payload is shown at its field", async () => {
    await open(failed);
    await button(page, "Edit payload and retry…").click();
    const payload = page.getByRole("dialog").getByLabel("Payload");
    for (
      const [text, problem] of [
        ['{"order":"one"}', "order: must be an integer"],
        [
          '{"order":1,"lines":[{"unit price":1},{"unit price":"2"}]}',
          'lines[1]["unit price"]: must be a number',
        ],
        [JSON.stringify({ order: 1, lines: Array(30).fill({}) }), "and 22 more"],
        ['{"order":', /^This is not JSON/],
        ['{"order":1,"id":12345678901234567891}', /would be stored as 12345678901234567000/],
      ] as const
    ) {
      await payload.fill(text);
      await button(page, "Retry with this payload").click();
      await page.locator(".field-note .bad").filter({ hasText: problem }).waitFor();
      assertEquals(await payload.getAttribute("aria-invalid"), "true");
    }
    assertEquals(await statusOf(failed), "Failed");
  });

  await t.step("a failed task is retried with another payload", async () => {
    await open(failed);
    await shows(page, "Failed");
    await button(page, "Edit payload and retry…").click();
    await page.getByRole("dialog").getByLabel("Payload").fill('{ "order": 7 }');
    await page.getByLabel("Why? (optional)").fill("the card was wrong");
    await button(page, "Retry with this payload").click();
    await shows(page, "Completed");
    assertEquals((await everTask.get(failed))!.payload, '{"order":7}');
    const { verb, by, reason, before } = await lastAction();
    assertEquals([verb, by, reason], ["retry", "ada", "the card was wrong"]);
    assert(before!.includes("fails"));
  });

  await t.step("queue, priority and due time of a waiting task are changed", async () => {
    await open(later[0]!);
    await button(page, "Change…").click();
    const dialog = page.getByRole("dialog", { name: "Change the task" });
    await dialog.getByLabel("Queue").fill("default");
    await dialog.getByLabel("Priority").fill("7");
    await dialog.getByLabel("Due").fill("2099-01-02T03:04:05");
    await button(page, "Save").click();
    await page.getByRole("status").getByText("The task was changed.").waitFor();
    const { queue, priority, dueAt } = (await everTask.get(later[0]!))!;
    const due = await page.evaluate(() => new Date("2099-01-02T03:04:05").toISOString());
    assertEquals([queue, priority, dueAt!.toISOString()], ["default", 7, due]);
  });

  await t.step(
    "a change of a task that changed meanwhile is refused, and can be repeated",
    async () => {
      await open(later[0]!);
      await button(page, "Change…").click();
      const dialog = page.getByRole("dialog");
      await everTask.operate.tasks.edit(later[0]!, { priority: 8 }, { by: "bob" });
      await dialog.getByLabel("Queue").fill("payments");
      await button(page, "Save").click();
      await dialog.getByRole("alert").getByText("It has changed since you opened it.").waitFor();
      assertEquals((await everTask.get(later[0]!))!.queue, "default");
      await button(page, "Load it again").click();
      await dialog.getByRole("alert").waitFor({ state: "detached" });
      await button(page, "Save").click();
      await dialog.waitFor({ state: "detached" });
      assertEquals((await everTask.get(later[0]!))!.queue, "payments");
    },
  );

  await t.step("a waiting task is run now", async () => {
    await open(later[0]!);
    await button(page, "Run now…").click();
    await button(page, "Run now").click();
    await shows(page, "Completed");
  });

  await t.step(
    "a cancel needs a reason; Escape closes the dialog and returns the focus",
    async () => {
      await open(later[1]!);
      const cancel = button(page, "Cancel…");
      await cancel.focus();
      await page.keyboard.press("Enter");
      await button(page, "Cancel the task").click(); // refused by the browser: the reason is empty
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      assert(await cancel.evaluate((element) => element.matches(":focus")));
      assertEquals(await statusOf(later[1]!), "WaitingQueue");
      await cancel.click();
      await page.getByLabel("Why?").fill("a duplicate");
      await button(page, "Cancel the task").click();
      await shows(page, "Cancelled");
      assertEquals((await lastAction()).reason, "a duplicate");
    },
  );

  await t.step("a running task is cancelled by its worker", async () => {
    const { id } = await everTask.dispatch(wait, null);
    await reaches(id, "InProgress");
    await open(id);
    await button(page, "Cancel…").click();
    await page.getByLabel("Why?").fill("it hangs");
    await button(page, "Cancel the task").click();
    await shows(page, "Cancelled");
  });

  await t.step("a task is cloned with its type, payload and tags", async () => {
    const { id } = await everTask.dispatch(charge, { order: 5 }, { tags: ["tenant:42"] });
    await open(id);
    await button(page, "Clone…").click();
    await page.getByRole("dialog").getByLabel("Payload").fill('{"order":6}');
    await button(page, "Dispatch").click();
    await page.waitForURL((url) => !url.href.endsWith(id));
    const clone = (await everTask.get(page.url().split("/").at(-1)!))!;
    assertEquals([clone.type, clone.payload, clone.tags], [
      "charge-card",
      '{"order":6}',
      ["tenant:42"],
    ]);
  });

  await t.step("a delete removes the task and leads to the list of tasks", async () => {
    await open(later[2]!);
    await button(page, "Delete…").click();
    await page.getByLabel("Why?").fill("a test");
    await button(page, "Delete").click();
    await page.waitForURL(store.url("tasks"));
    assertEquals(await statusOf(later[2]!), "gone");
  });

  await t.step("a change of a task that is gone shows a message", async () => {
    const [id] = await store.charges(1, "later");
    await open(id!);
    await button(page, "Run now…").click();
    await everTask.operate.tasks.delete(id!, { by: "bob" });
    await button(page, "Run now").click();
    await page.getByRole("alert").getByText("It is no longer there.").waitFor();
  });
  await page.close();
}

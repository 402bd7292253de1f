// Tests the keys of pages, in a real browser.

import { assert, assertEquals } from "@std/assert";
import { defineTask } from "../../mod.ts";
import { browserTest } from "../support/browser.ts";
import { openPage } from "./open_page.ts";
import { ServedDashboard } from "./served_dashboard.ts";

const mail = defineTask<number>({ type: "mail", handle() {} });

browserTest("the keys of pages", [], async (t, browser) => {
  const authorize = () => ({ user: "ada", can: ["view", "operate"] }) as const;
  await using dashboard = new ServedDashboard([mail], { authorize });
  for (const key of ["one", "two", "three"]) {
    await dashboard.everTask.dispatch(mail, 1, { taskKey: key, delay: { hours: 1 } });
  }
  const page = await openPage(browser, dashboard.url("tasks?order=oldest"), "ada");
  await page.getByRole("link", { name: "three", exact: true }).waitFor();
  const focused = () => page.evaluate("document.activeElement.textContent") as Promise<string>;

  await t.step("j and k move between rows, x selects one, and Enter opens it", async () => {
    for (const [key, name] of [["j", "one"], ["j", "two"], ["j", "three"], ["j", "three"]]) {
      await page.keyboard.press(key!);
      assert((await focused()).includes(name!), `${key} leads to ${name}`);
    }
    await page.keyboard.press("k");
    await page.keyboard.press("x");
    await page.getByText("1 selected").waitFor();
    assertEquals(await page.locator("tbody input:checked").count(), 1);
    await page.emulateMedia({ forcedColors: "active" });
    const looks = await page.evaluate(`[...document.querySelectorAll("tbody tr")].map((row) => [
      getComputedStyle(row).outlineStyle,
      getComputedStyle(row.firstElementChild).borderInlineStartStyle,
    ].join(" "))`);
    assertEquals(looks, ["none none", "solid solid", "none none"], "the row of the focus");
    await page.emulateMedia({ forcedColors: "none" });
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Why is it not running?" }).waitFor();
    const { items: [two] } = await dashboard.everTask.operate.tasks.search({ taskKey: "two" });
    assertEquals(page.url(), dashboard.url(`tasks/${two!.id}`));
  });

  await t.step("an action needs no mouse", async () => {
    await page.getByRole("button", { name: "Cancel…" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog", { name: "Cancel the task?" }).waitFor();
    await page.keyboard.type("a mistake"); // the field of the reason has the focus
    for (const key of ["Tab", "Tab", "Enter"]) await page.keyboard.press(key);
    await page.getByRole("heading", { name: "How did it end?" }).waitFor();
    const { items: [action] } = await dashboard.everTask.operate.actions.list();
    assertEquals([action!.verb, action!.reason], ["cancel", "a mistake"]);
  });

  await t.step("g and a letter lead to a page", async () => {
    for (const [letter, path] of [["q", "queues"], ["w", "workers"], ["o", ""], ["t", "tasks"]]) {
      // Both are sent at once, because a loaded machine may take longer than a user in between.
      await Promise.all(["g", letter!].map((key) => page.keyboard.press(key)));
      await page.waitForURL(dashboard.url(path));
    }
    await page.getByRole("heading", { level: 1, name: "Tasks" }).waitFor();
  });

  await t.step("u shows times in UTC", async () => {
    assertEquals(await page.getByText(" UTC").count(), 0);
    await page.keyboard.press("u");
    await page.locator("time", { hasText: " UTC" }).first().waitFor();
    await page.keyboard.press("u");
    await page.locator("time", { hasText: /in (1 h|5\d m)/ }).first().waitFor();
  });

  await t.step("? lists the keys, and Escape closes the list", async () => {
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
  });

  await t.step("keys in quick succession open a page, and the list on it", async () => {
    await page.evaluate(`
      for (const key of ["g", "w", "?"]) {
        document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
      }
    `);
    await page.getByRole("heading", { level: 1, name: "Workers" }).waitFor();
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    await page.keyboard.press("Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
    await page.goBack();
    await page.getByRole("heading", { level: 1, name: "Tasks" }).waitFor();
  });

  await t.step("keys that are typed into a field have no other meaning", async () => {
    await page.keyboard.press("/");
    await page.keyboard.type("gq?jx");
    assertEquals(await page.getByRole("searchbox").inputValue(), "gq?jx");
    assertEquals(page.url(), dashboard.url("tasks"));
  });

  await t.step(
    "the browser's back and forward buttons restore the span of the overview",
    async () => {
      const admin = await openPage(browser, dashboard.url("?span=24+h"), "ada");
      await admin.getByRole("link", { name: "7 d" }).click();
      await admin.waitForURL(dashboard.url("?span=7+d"));
      await admin.goBack();
      await admin.locator('.choices [aria-current="true"]', { hasText: "24 h" }).waitFor();
      await admin.goForward();
      await admin.locator('.choices [aria-current="true"]', { hasText: "7 d" }).waitFor();
      await admin.close();
    },
  );

  await t.step(
    "the arrow keys read a chart, Home and End lead to its ends, and Enter opens a bar",
    async () => {
      const { everTask } = dashboard;
      await everTask.start();
      await everTask.dispatch(mail, 1);
      const admin = await openPage(browser, dashboard.url("?span=1+h"), "ada");
      const chart = admin.getByRole("slider", { name: "Ended tasks" });
      await chart.waitFor(); // until the worker has reported the end
      await chart.focus();
      const at = async (key: string) => {
        await admin.keyboard.press(key);
        return Number(await chart.getAttribute("aria-valuenow"));
      };
      const last = Number(await chart.getAttribute("aria-valuemax"));
      assertEquals(await at("Home"), 0);
      assertEquals(await at("ArrowRight"), 1);
      assertEquals(await at("ArrowLeft"), 0);
      assertEquals(await at("End"), last);
      assert(/\d+ completed, \d+ failed/.test((await chart.getAttribute("aria-valuetext"))!));
      await admin.keyboard.press("Enter");
      await admin.waitForURL(/tasks\?status=Completed&status=Failed&executedFrom=/);
      await admin.close();
    },
  );
  await page.close();
});

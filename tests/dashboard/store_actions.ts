// Releases a rate limit, purges history and stops a worker on the dashboard, in a store with a
// worker process, some history and a rate limit in use.

import { assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { until } from "../support/until.ts";
import type { OperatedStore } from "./operated_store.ts";

/** Makes the changes, and checks what is stored then. */
export async function changeStore(
  t: Deno.TestContext,
  page: Page,
  store: OperatedStore,
) {
  const { everTask } = store;
  const button = (name: string | RegExp) => page.getByRole("button", { name, exact: true });
  const lastAction = async () => (await everTask.operate.actions.list({}, { limit: 1 })).items[0]!;
  const confirm = async (label: string | RegExp, reason: string) => {
    await page.getByLabel("Why?").fill(reason);
    await page.getByRole("dialog").getByRole("button", { name: label, exact: true }).click();
  };

  await t.step("a rate limit is released", async () => {
    await page.goto(store.url("limits"));
    await button("Release the limit of mail, ada…").click();
    await page.getByRole("dialog").getByText(/^\d+ wait$/).waitFor();
    await confirm("Release", "the provider has raised it");
    await page.getByText("The rate limit is released.").waitFor();
    const { verb, by, reason, target } = await lastAction();
    assertEquals([verb, by, reason], ["releaseLimit", "ada", "the provider has raised it"]);
    assertEquals(target.kind, "limit");
  });

  await t.step("history is purged in batches: stopped, and continued under Actions", async () => {
    const policy = { statusAuditDays: 1e-9, runsAuditDays: 1e-9 };
    await page.goto(store.url("audit?statusAuditDays=0.000000001&runsAuditDays=0.000000001"));
    await button("Purge…").click();
    await button(/^Delete \d+ rows$/).waitFor();
    let batches = 0;
    await page.route("**/api/v1/audit/purge", async (route) => {
      if (batches++ === 0) await button("Stop after this batch").click();
      await route.continue({ postData: { ...route.request().postDataJSON(), limit: 5 } });
    });
    await confirm(/^Delete \d+ rows$/, "the disk is full");
    await page.getByText(/^\d+ rows deleted · stopped/).waitFor();
    assertEquals(batches, 1);
    await page.getByRole("link", { name: "Show it under Actions" }).click();
    await page.getByText("not finished").waitFor();
    await button("Continue…").click();
    await button("Continue").click();
    await page.getByText(/^\d+ rows deleted · done/).waitFor();
    await page.unrouteAll();
    await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
    const { verb, reason, next, changed } = await lastAction();
    assertEquals([verb, reason, next], ["purge", "the disk is full", null]);
    await page.getByText(`${changed.toLocaleString("en")} rows deleted`).waitFor();
    const { runsAudit } = await everTask.audit.purge(policy, { dryRun: true });
    assertEquals(runsAudit, 0);
  });

  await t.step("a worker is stopped, and says so until it is gone", async () => {
    await page.goto(store.url("workers"));
    await button(/^Stop the worker on /).click();
    await confirm("Stop the worker", "a new version");
    await page.getByText(/^The worker on .* stops\./).waitFor();
    const { verb, reason, target } = await lastAction();
    assertEquals([verb, reason, target.kind], ["drainWorker", "a new version", "worker"]);
    await until(async () => (await everTask.operate.workers()).length === 0, "no worker is left");
    await page.getByText("No worker is registered.").waitFor();
  });
}

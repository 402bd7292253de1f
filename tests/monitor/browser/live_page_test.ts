// The page of examples/monitoring/live_hub.ts in a real browser: its display, filters and counts
// over each transport, and its reconnection after a restart of the server. Without Chromium the
// test is skipped, and its name says so.

import { assert, assertEquals } from "@std/assert";
import type { Browser, Page } from "playwright-core";
import { reservePort } from "../../support/reserved_port.ts";
import { browserTest } from "../../support/browser.ts";

const program = new URL("../../../examples/monitoring/live_hub.ts", import.meta.url);
/** The screenshot in the guide. If UPDATE_SCREENSHOT is set, the test rewrites it. */
const screenshot = new URL("../../../examples/monitoring/live_hub.png", import.meta.url);

/** Starts the example; resolves once it serves. */
async function startExample(port = 0) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", program.href, "--stay", `${port}`],
    stdout: "piped",
  }).spawn();
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value = "" } = await output.read();
  return {
    url: value.trim(),
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
      await output.cancel();
    },
  };
}

async function openPage(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 780, height: 600 } });
  await page.goto(url);
  await page.getByRole("status").filter({ hasText: /^connected$/ }).waitFor();
  return page;
}

const visible = (page: Page) =>
  page.locator("#events li:visible").evaluateAll((items) =>
    items.map((item) => `${item.className} ${item.dataset.type} ${item.dataset.kind}`).sort()
  );

/** Runs the example's five tasks, and waits until all have ended. */
async function runTasks(page: Page, completed: string, failed: string): Promise<void> {
  await page.getByRole("button", { name: "Run some tasks" }).click();
  await page.locator("#completed", { hasText: new RegExp(`^${completed}$`) }).waitFor();
  await page.locator("#failed", { hasText: new RegExp(`^${failed}$`) }).waitFor();
}

/** Records in `globalThis.heard` the text for a screen reader: each change within a live region. */
const listenToAnnouncements = `
  globalThis.heard = [];
  const live = "[aria-live]:not([aria-live=off]), [role=status], [role=alert], [role=log], output";
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      const region = (target.closest ? target : target.parentElement).closest(live);
      if (region) heard.push(region.textContent);
    }
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
`;

browserTest("the page of the live hub in Chromium", [], async (t, browser) => {
  // Most steps share this server. They do not disturb each other: a page counts only the events
  // since it was opened, and a step ends when its tasks have ended.
  await using example = await startExample();

  await t.step("shows events, coloured by severity, and counts them", async () => {
    const page = await openPage(browser, example.url);
    await runTasks(page, "3", "2");
    assertEquals(await page.locator("#running").textContent(), "0");
    assertEquals(await page.locator("#Warning").textContent(), "1");
    const shown = await visible(page);
    assertEquals(shown.length, 16);
    assertEquals(shown.filter((item) => item.startsWith("Error")), [
      "Error build-report failed",
      "Error charge-card failed",
    ]);
    const colors = await page.evaluate<string[]>(
      "[...document.querySelectorAll('#events li')].map((item) => getComputedStyle(item).borderLeftColor)",
    );
    assertEquals(new Set(colors).size, 3);
    if (Deno.env.has("UPDATE_SCREENSHOT")) {
      await Deno.writeFile(screenshot, await page.screenshot());
    }
    await page.close();
  });

  await t.step("has a main landmark, and all its requests succeed", async () => {
    const page = await browser.newPage();
    const failed: string[] = [];
    page.on("requestfailed", (request) => failed.push(request.url()));
    page.on("response", (response) => response.ok() || failed.push(response.url()));
    page.on("pageerror", (error) => failed.push(error.message));
    await page.goto(example.url);
    await page.getByRole("status").filter({ hasText: /^connected$/ }).waitFor();
    const main = page.getByRole("main");
    assertEquals(await main.count(), 1);
    assertEquals(await main.getByRole("list", { name: "Events" }).count(), 1);
    assertEquals(await page.locator("link[rel=icon]").count(), 1);
    assertEquals(failed, []);
    await page.close();
  });

  await t.step("summarizes events for a screen reader instead of reading out each", async () => {
    const page = await openPage(browser, example.url);
    await page.evaluate(listenToAnnouncements);
    for (const [completed, failed] of [["3", "2"], ["6", "4"], ["9", "6"]] as const) {
      await runTasks(page, completed, failed);
    }
    await page.getByRole("status").filter({ hasText: "9 completed, 6 failed" }).waitFor();
    const heard = await page.evaluate<string[]>("globalThis.heard");
    // On a slow machine, there may be several summaries.
    assert(heard.length <= 5, heard.join("; "));
    assertEquals(heard.at(-1), "9 completed, 6 failed");
    assert(heard.every((text) => /^\d+ completed, \d+ failed$/.test(text)), heard.join("; "));
    await page.close();
  });

  await t.step("connects as soon as it can if the first attempt has failed", async () => {
    const page = await browser.newPage();
    await page.route("**/negotiate**", (route) => route.abort());
    await page.goto(example.url);
    await page.getByRole("status").filter({ hasText: "trying again" }).waitFor();
    await page.unroute("**/negotiate**");
    await page.getByRole("status").filter({ hasText: /^connected$/ }).waitFor();
    await runTasks(page, "3", "2");
    await page.close();
  });

  await t.step("filters by severity and type", async () => {
    const page = await openPage(browser, example.url);
    await runTasks(page, "3", "2");
    await page.getByLabel("Severity").selectOption("warnings and errors");
    assertEquals((await visible(page)).length, 3);
    await page.getByLabel("Type").fill("report");
    assertEquals(await visible(page), [
      "Error build-report failed",
      "Warning build-report timeout",
    ]);
    await runTasks(page, "6", "4");
    assertEquals((await visible(page)).length, 4);
    await page.close();
  });

  await t.step("reconnects after the server restarts", async () => {
    using address = reservePort();
    const first = await startExample(address.port);
    const page = await openPage(browser, first.url);
    await first[Symbol.asyncDispose]();
    await page.getByRole("status").filter({ hasText: "reconnecting" }).waitFor();
    await using _second = await startExample(address.port);
    await page.getByRole("status").filter({ hasText: /^connected$/ }).waitFor();
    await runTasks(page, "3", "2");
    await page.close();
  });

  for (const transport of ["WebSockets", "ServerSentEvents", "LongPolling"]) {
    await t.step(`receives events over ${transport}`, async () => {
      const page = await browser.newPage();
      await page.goto(example.url);
      const received = await page.evaluate(async (name) => {
        const { HttpTransportType, HubConnectionBuilder } = Reflect.get(globalThis, "signalR");
        const connection = new HubConnectionBuilder()
          .withUrl("/evertask/monitoring", { transport: HttpTransportType[name] })
          .build();
        const types = new Set<string>();
        let ended = 0;
        const allEnded = new Promise<void>((resolve) =>
          connection.on("TaskEvent", ({ kind, taskType }: { kind: string; taskType: string }) => {
            types.add(taskType);
            if ((kind === "completed" || kind === "failed") && ++ended === 5) resolve();
          })
        );
        await connection.start();
        await fetch("/tasks", { method: "POST" });
        await allEnded;
        await connection.stop();
        return [...types].sort();
      }, transport);
      assertEquals(received, ["build-report", "charge-card", "send-receipt"]);
      await page.close();
    });
  }
});

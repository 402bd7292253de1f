// Tests every page: axe-core finds no violation in either theme, hostile text stays text, and no
// request goes to another host.

import { assert, assertEquals } from "@std/assert";
import axe, { type RunOptions } from "axe-core";
import type { Page } from "playwright-core";
import { defineTask, noRetry, type TaskContext } from "../../mod.ts";
import { until } from "../support/until.ts";
import { browserTest } from "../support/browser.ts";
import { openPage } from "./open_page.ts";
import { checkForcedColors, checkReducedMotion } from "./seen.ts";
import { ServedDashboard } from "./served_dashboard.ts";

/**
 * Text that would do harm as HTML or in a URL, or hide other text: each kind must be shown as it
 * is.
 */
const name = `"><img src=x onerror="alert(1)"><script>alert(2)</script></script>&lt;'` +
  "\u0000/../?#%\u202e\u2066\u200b\u001b[2J\r\n\u2028\ud83d\ude00" +
  "${alert(3)}{{alert(4)}}javascript:alert(5) ";
const long = "x".repeat(10_000);

const task = defineTask<unknown>({
  type: name,
  retry: noRetry(),
  queue: name,
  rateLimit: { permits: 1_000, period: { minutes: 1 }, key: () => name },
  async handle(_payload, context: TaskContext) {
    await context.log.error(name);
    await context.log.info(long);
    throw new Error(`${name}\n${long}`);
  },
});

/** Starts a dashboard with hostile text in every field of tasks, queues, workers and failures. */
async function hostileDashboard() {
  const dashboard = new ServedDashboard([task], {}, (request) => request, {
    queues: { [name]: {} },
    host: name,
    version: name.slice(0, 100),
    leaseDuration: { milliseconds: 600 }, // workers report activity and failures with heartbeats
  });
  const { everTask } = dashboard;
  await everTask.start();
  const payload = { [name]: name, long, large: 12345678901234567890n.toString() };
  const options = { taskKey: name.slice(0, 200), tags: [name.slice(0, 100)] };
  const { id } = await everTask.dispatch(task, payload, options);
  const { id: series } = await everTask.dispatch(task, payload, {
    recurring: (r) => r.everyDay().atTime("03:00"),
  });
  await until(async () => (await everTask.get(id))?.status === "Failed", "the task has failed");
  await until(
    async () => (await everTask.operate.failures.list()).items.length > 0,
    "the failure is reported",
  );
  const operator = { by: name.slice(0, 100), reason: name };
  await everTask.operate.tasks.runNow(series, operator);
  await until(async () => (await everTask.get(series))?.series?.runCount === 1, "a run");
  await everTask.operate.tasks.retry(id, operator);
  await everTask.queues.pause(name, operator);
  return { dashboard, id, series, [Symbol.asyncDispose]: () => dashboard[Symbol.asyncDispose]() };
}

const pages = (id: string, series: string) => [
  ...["", "?span=7+d", "tasks", `tasks?error=${encodeURIComponent(name.slice(0, 40))}`],
  ...[
    `tasks/${id}`,
    `series/${series}`,
    "series",
    "queues",
    "workers",
    "failures",
    "failures?span=7+d",
    "limits",
    "actions",
    "audit",
  ],
];

browserTest("every page with hostile text", [], async (t, browser) => {
  await using hostile = await hostileDashboard();
  const { dashboard, id, series } = hostile;
  const page = await openPage(browser, dashboard.url(), "local");
  const foreign: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(dashboard.url())) foreign.push(request.url());
  });

  for (const path of pages(id, series)) {
    await t.step(`/${path.slice(0, 30)}`, async () => {
      await page.goto(dashboard.url(path));
      await page.locator("main .card, main .empty").first().waitFor();
      await until(
        async () => await page.locator("main").getByText("Loading…").count() === 0,
        "everything is loaded",
      );
      assertEquals(await page.locator("main :is(img, script, iframe, object, style)").count(), 0);
      // Evaluated through the debugger, which the page's policy does not restrict.
      await page.evaluate(axe.source);
      await checkWithAxe(page, {});
      await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
      // The other rules do not depend on colors.
      await checkWithAxe(page, { runOnly: ["color-contrast", "link-in-text-block"] });
      await page.emulateMedia({ colorScheme: "light" });
      for (const [width, height] of [[360, 740], [3840, 2160], [1280, 900]] as const) {
        await page.setViewportSize({ width, height });
        assertEquals(await outOfSight(page), [], `out of sight at ${width} px`);
      }
      await checkForcedColors(page);
      await checkReducedMotion(page);
    });
  }

  await t.step("texts are shown unchanged", async () => {
    await page.goto(dashboard.url(`tasks/${id}`));
    const shown = page.getByRole("region", { name: "Payload" }).locator("pre");
    await shown.waitFor();
    const text = (await shown.textContent())!;
    assertEquals(JSON.parse(text), { [name]: name, long, large: "12345678901234567890" });
    assert((await page.locator("main").textContent())!.includes(name));
  });

  await t.step("names link to their tasks, and the URL finds them again", async () => {
    const links: [fact: string, parameter: string, value: string, found: number][] = [
      ["Type", "type", name, 2],
      ["Queue", "queue", name, 2],
      ["Tags", "tag", name.slice(0, 100), 1],
    ];
    for (const [fact, parameter, value, found] of links) {
      await page.goto(dashboard.url(`tasks/${id}`));
      await page.locator("dt", { hasText: fact }).locator("+ dd a").click();
      await page.getByText(`${found} match`).waitFor();
      assertEquals(new URL(page.url()).searchParams.get(parameter), value);
      await page.reload();
      await page.getByText(`${found} match`).waitFor();
      assertEquals(await page.getByRole("alert").count(), 0);
    }
  });

  await t.step("a path that is cut within an escape is a page that says so", async () => {
    for (const path of ["tasks/%", "series/%e0%a4", "constructor", "tasks/%00"]) {
      await page.goto(dashboard.url(path));
      await page.getByText(/There is no such|Not found/).first().waitFor();
    }
  });

  await t.step("a filter that does not exist is an error, instead of no filter", async () => {
    await page.goto(dashboard.url("tasks?statsu=Failed"));
    await page.getByRole("alert").getByText("statsu").waitFor();
    await page.getByRole("link", { name: "Remove the filter statsu: Failed" }).click();
    await page.getByText("2 match").waitFor();
  });
  assertEquals(foreign, []);
  await page.close();
});

/** Returns what a reader sees only after scrolling sideways: cells, and the page itself. */
function outOfSight(page: Page): Promise<string[]> {
  return page.evaluate(`[
    ...document.documentElement.scrollWidth > innerWidth ? ["the page"] : [],
    ...[...document.querySelectorAll("tbody :is(td, th)")].filter((cell) =>
      cell.getBoundingClientRect().right > cell.closest(".card").getBoundingClientRect().right + 1 ||
      !cell.checkVisibility()
    ).map((cell) => cell.textContent.slice(0, 50)),
  ]`);
}

/** Fails if axe-core finds a violation. */
async function checkWithAxe(page: Page, options: RunOptions): Promise<void> {
  const violations = await page.evaluate(`
    axe.run(document, ${JSON.stringify({ resultTypes: ["violations"], ...options })})
      .then(({ violations }) => violations.flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => id + " " + target + " " + failureSummary)))
  `);
  assertEquals(violations, []);
}

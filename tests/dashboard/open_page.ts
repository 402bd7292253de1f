// Opens pages of the dashboard in a browser.

import { assertEquals } from "@std/assert";
import type { Browser, Page } from "playwright-core";

/**
 * Opens a page as a user. Closing it fails the test after a script error, a dialog of the browser,
 * or a console error other than a request that was refused or failed.
 */
export async function openPage(browser: Browser, url: string, user: string): Promise<Page> {
  const context = await browser.newContext({
    extraHTTPHeaders: { "x-user": user },
    viewport: { width: 1280, height: 900 },
  });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("dialog", (dialog) => faults.push(dialog.message()));
  page.on("console", (message) => {
    const isRequest = /status of (4\d\d|503)|net::ERR_/.test(message.text());
    if (message.type() === "error" && !isRequest) faults.push(message.text());
  });
  page.on("close", () => assertEquals(faults, []));
  await page.goto(url);
  return page;
}

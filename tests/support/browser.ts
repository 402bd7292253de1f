// A real browser, where one is installed.

import { type Browser, chromium } from "playwright-core";

/** Where Debian, Ubuntu, Fedora and macOS put Chromium and Chrome; CHROMIUM names another place. */
const places = [
  Deno.env.get("CHROMIUM") ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

async function findBrowser(): Promise<string | null> {
  for (const place of places) {
    if (place !== "" && await Deno.stat(place).then(({ isFile }) => isFile, () => false)) {
      return place;
    }
  }
  return null;
}

const executable = await findBrowser();

/**
 * Adds a test with a browser of its own. Without an installed one the test is skipped, and its name
 * says so.
 *
 * @param args More arguments for the browser.
 */
export function browserTest(
  name: string,
  args: readonly string[],
  test: (t: Deno.TestContext, browser: Browser) => Promise<void>,
): void {
  const isThere = executable !== null;
  Deno.test({
    name: isThere ? name : `${name} (skipped: no Chromium found, set CHROMIUM to its path)`,
    ignore: !isThere,
    async fn(t) {
      const browser = await chromium.launch({
        executablePath: executable!,
        args: ["--no-sandbox", "--disable-gpu", ...args],
      });
      try {
        await test(t, browser);
      } finally {
        await browser.close();
      }
    },
  });
}

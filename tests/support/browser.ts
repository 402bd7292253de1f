// A real browser, where one is installed.

import { type Browser, chromium } from "playwright-core";
import { findBrowser, launchOptions } from "./browser_launch.ts";
import { sharedByRun } from "./shared_by_run.ts";

const executable = await findBrowser();

/** A browser that the tests of a file share. It is open while they run. */
interface OfFile {
  browser?: Browser;
}

/** The browsers of this file, by their arguments. */
const browsers = new Map<string, OfFile>();

function browserOfFile(args: readonly string[]): OfFile {
  const key = args.join(" ");
  const known = browsers.get(key);
  if (known !== undefined) return known;
  const ofFile: OfFile = {};
  browsers.set(key, ofFile);
  Deno.test.beforeAll(async () => void (ofFile.browser = await openBrowser(args)));
  Deno.test.afterAll(() => ofFile.browser!.close());
  return ofFile;
}

/** Connects to the browser that the files of a run share, or launches one. */
async function openBrowser(args: readonly string[]): Promise<Browser> {
  const shared = args.length === 0 ? await sharedByRun("browser") : null;
  if (shared !== null) return await chromium.connect(shared);
  return await chromium.launch(launchOptions(executable!, args));
}

/**
 * Registers a test that uses a browser. At the end of the test, its pages are closed. If no browser
 * is installed, the test is skipped, and its name says so.
 *
 * @param args More arguments for the browser. With any, it launches a separate browser.
 */
export function browserTest(
  name: string,
  args: readonly string[],
  test: (t: Deno.TestContext, browser: Browser) => Promise<void>,
): void {
  const ofFile = executable === null ? undefined : browserOfFile(args);
  Deno.test({
    name: ofFile ? name : `${name} (skipped: no Chromium found, set CHROMIUM to its path)`,
    ignore: !ofFile,
    async fn(t) {
      const browser = ofFile!.browser!;
      try {
        await test(t, browser);
      } finally {
        for (const context of browser.contexts()) await context.close();
      }
    },
  });
}

// Measures whether pages of the dashboard stay usable in a flood of events: the frames of a real
// Chromium while an instance emits 30,000 events a second.

import { createEverTask, defineTask, noRetry, silentLogger } from "@evertask/evertask";
import { createDashboard } from "@evertask/evertask/dashboard";
import { memoryStorage } from "@evertask/evertask/memory";
import { type Browser, chromium, type Page } from "playwright-core";
import { flood } from "../tests/dashboard/flood.ts";
import { findBrowser, launchOptions } from "../tests/support/browser_launch.ts";
import { grouped, milliseconds, percentile } from "./support/figures.ts";
import type { Subject } from "./support/subject.ts";
import { table } from "./support/table.ts";

const eventsPerSecond = 30_000;
/** A frame that takes longer is noticed as a jerk. */
const mostFrameMs = 50;
/** The number of tasks in the store, a tenth of which fail. */
const defaultTasks = 2_000;

/** The pages that follow all events. */
const pages = ["", "?span=7+d", "tasks", "queues", "failures"];

/** The frames of a page. */
export interface FrameFigures {
  readonly page: string;
  readonly eventsPerSecond: number;
  /** The processor time of the page's main thread, which other processes do not affect. */
  readonly processorShare: number;
  readonly frames: number;
  /** The work of the page in its frames that took more than 50 ms: their number, the longest. */
  readonly longFrames: number;
  readonly longestWorkMs: number;
  /** The time between two frames, which includes pauses by other processes of the machine. */
  readonly gapP99Ms: number;
  readonly longestGapMs: number;
}

/** Records frames; evaluated in the page. */
const record = `
  recorded = { gaps: [], work: [] };
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) recorded.work.push(duration);
  }).observe({ type: "long-animation-frame" });
  let last = performance.now();
  const note = (now) => {
    recorded.gaps.push(now - last);
    last = now;
    requestAnimationFrame(note);
  };
  requestAnimationFrame(note);
`;

async function openPage(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1320, height: 900 } });
  await page.goto(url);
  await page.getByRole("status").getByText("Live").waitFor();
  return page;
}

/** Returns a function that tells the processor time of a page's main thread so far, in seconds. */
async function processorTime(page: Page): Promise<() => Promise<number>> {
  const devTools = await page.context().newCDPSession(page);
  await devTools.send("Performance.enable", { timeDomain: "threadTicks" });
  return async () => {
    const { metrics } = await devTools.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration")!.value;
  };
}

const work = defineTask<number>({
  type: "work",
  retry: noRetry(),
  handle(order) {
    if (order % 10 === 0) throw new Error(`Order ${order} was refused.`);
  },
});

/** Measures the frames of each page. */
export const framesSubject: Subject = {
  name: "frames",
  about: `the dashboard's frames in Chromium at ${grouped(eventsPerSecond)} events a second: ` +
    `at most ${mostFrameMs} ms each`,
  async run({ seconds, tasks }, progress) {
    const executable = await findBrowser();
    if (executable === null) throw new Error("No Chromium was found: set CHROMIUM to its path.");
    await using everTask = createEverTask({
      storage: memoryStorage(),
      tasks: [work],
      logger: silentLogger,
    });
    await everTask.start();
    await everTask.dispatchMany(work, Array.from({ length: tasks ?? defaultTasks }, (_, n) => n));
    const { fetch } = createDashboard(everTask, { logger: silentLogger });
    const stop = new AbortController();
    const server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", signal: stop.signal, onListen() {} },
      fetch,
    );
    const browser = await chromium.launch(launchOptions(executable));
    const results: FrameFigures[] = [];
    try {
      for (const path of pages) {
        progress(`/${path}: ${seconds} s`);
        const page = await openPage(browser, `http://127.0.0.1:${server.addr.port}/${path}`);
        await page.evaluate(record);
        const processor = await processorTime(page);
        const before = await processor();
        const emitted = await flood(everTask.events, eventsPerSecond, seconds * 1_000);
        const processorShare = (await processor() - before) / seconds;
        const { gaps, work } = await page.evaluate("recorded") as Record<string, number[]>;
        results.push({
          page: `/${path}`,
          eventsPerSecond: emitted / seconds,
          processorShare,
          frames: gaps!.length,
          longFrames: work!.filter((ms) => ms > mostFrameMs).length,
          longestWorkMs: Math.max(0, ...work!),
          gapP99Ms: percentile(gaps!, 0.99),
          longestGapMs: Math.max(0, ...gaps!),
        });
        await page.close();
      }
    } finally {
      await browser.close();
      stop.abort();
      await server.finished;
    }
    const rows = results.map((each) => [
      each.page,
      grouped(each.eventsPerSecond),
      `${(100 * each.processorShare).toFixed(1)} %`,
      grouped(each.frames),
      `${each.longFrames}`,
      each.longFrames === 0 ? `≤ ${mostFrameMs} ms` : milliseconds(each.longestWorkMs),
      milliseconds(each.gapP99Ms),
      milliseconds(each.longestGapMs),
    ]);
    const header = [
      "page",
      "events a second",
      "processor",
      "frames",
      `over ${mostFrameMs} ms`,
      "longest work",
      "gap p99",
      "longest gap",
    ];
    const slow = results.filter(({ longFrames }) => longFrames > 0).map(({ page }) => page);
    const verdict = slow.length === 0
      ? `No frame of any page took more than ${mostFrameMs} ms.`
      : `Frames of more than ${mostFrameMs} ms: ${slow.join(", ")}.`;
    return { data: results, text: `${table(header, rows)}\n\n${verdict}` };
  },
};

// A watchdog for recurring series. A series that does not run emits no event, so it must be
// checked. Run the watchdog independently of the watched process: in another process with the same
// storage, or in a health check.

import { createEverTask, defineTask, type EverTask, silentLogger } from "@evertask/evertask";
import { MemoryDatabase, memoryStorage } from "@evertask/evertask/memory";

/** A problem of a series. */
interface Finding {
  readonly series: string;
  readonly problem: string;
}

/**
 * Checks every series.
 *
 * @param expected The task keys of the required series, so that a cancelled or missing one is
 * detected.
 * @param graceMs The maximum delay and duration of a run, in milliseconds.
 */
async function inspect(
  everTask: EverTask,
  expected: readonly string[],
  graceMs: number,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const missing = new Set(expected);
  const { now } = await everTask.queues.backlog({ cap: 1 }); // the storage's clock, which decides what is due
  let page: { after?: string } | null = {};
  do {
    const { items, next } = await everTask.recurring.list(page);
    for (const { id, taskKey, info, status, nextRun, lastRun } of items) {
      if (nextRun === null) continue; // it has ended
      if (taskKey !== null) missing.delete(taskKey);
      const series = `${taskKey ?? id} (${info})`;
      // While a run is in progress, nextRun is still the planned instant of that run.
      const lateMs = now.getTime() - nextRun.getTime();
      if (lateMs > graceMs) {
        const since = `since ${nextRun.toISOString()}, last run: ${
          lastRun?.toISOString() ?? "never"
        }`;
        const problem = status === "InProgress" ? "a run takes too long" : "nobody runs it";
        findings.push({ series, problem: `${problem}, ${since}` });
      } else if (status === "Failed") {
        findings.push({ series, problem: "its last run failed" });
      }
    }
    page = next === null ? null : { after: next };
  } while (page !== null);
  for (const key of missing) findings.push({ series: key, problem: "it is not registered" });
  return findings;
}

// ---- the watched program ----

const database = new MemoryDatabase();
const repaired = Promise.withResolvers<void>();
const backup = defineTask({ type: "backup", handle: () => {} });
const importData = defineTask({ type: "import", handle: () => repaired.promise }); // hangs at first
const options = { tasks: [backup, importData], logger: silentLogger };
const worker = createEverTask({ storage: memoryStorage({ database }), ...options });
for (const task of [backup, importData]) {
  await worker.dispatch(task, undefined, {
    recurring: (r) => r.everySecond(),
    taskKey: task.type,
  });
}

// ---- the watchdog, which dispatches and runs no tasks ----

const watchdog = createEverTask({ storage: memoryStorage({ database }), ...options });

/** Polls until the expected state of the demonstration is reached. */
async function waitFor(isExpected: (findings: Finding[]) => boolean): Promise<void> {
  for (;;) {
    const findings = await inspect(watchdog, ["backup", "import", "cleanup"], 1_500);
    if (isExpected(findings)) {
      // Send an alert here; see ../monitoring/ for email, chat and webhooks.
      for (const { series, problem } of findings) console.log(`${series}: ${problem}`);
      return console.log();
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const problems = (findings: Finding[], problem: string) =>
  findings.filter((finding) => finding.problem.startsWith(problem)).length;

// The worker is not running, so both series are late. A third one was never registered.
await waitFor((found) =>
  problems(found, "nobody runs it") === 2 && problems(found, "it is not") === 1
);

// The worker is running: the backup runs again, and the import hangs.
await worker.start();
await waitFor((found) => found.length === 2 && problems(found, "a run takes too long") === 1);

// The import continues, so only the missing series is reported.
repaired.resolve();
await waitFor((found) => found.length === 1);
await worker.stop();
await watchdog.stop();

// A watchdog over recurring series: a series that should have run and has not raises no event, so a
// check is needed. Run it independently of the watched process: in another process on the same
// storage, or behind a health check.

import { createEverTask, defineTask, type EverTask, silentLogger } from "@evertask/evertask";
import { MemoryDatabase, memoryStorage } from "@evertask/evertask/memory";

/** The fault of a series. */
interface Finding {
  readonly series: string;
  readonly problem: string;
}

/**
 * Looks at every series.
 *
 * @param expected Task keys of the series that must be there, so that a cancelled or forgotten one
 * is noticed.
 * @param graceMs How late a run may be, or how long it may take, before that is reported.
 */
async function inspect(
  everTask: EverTask,
  expected: readonly string[],
  graceMs: number,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const missing = new Set(expected);
  const { now } = await everTask.queues.backlog(); // the storage's clock, which decides what is due
  let page: { after?: string } | null = {};
  do {
    const { items, next } = await everTask.recurring.list(page);
    for (const { id, taskKey, info, status, nextRun, lastRun } of items) {
      if (nextRun === null) continue; // it has ended
      if (taskKey !== null) missing.delete(taskKey);
      const series = `${taskKey ?? id} (${info})`;
      // While a run is under way, nextRun is still the instant for which that run was planned.
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

// ---- the program that is watched ----

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

// ---- the watchdog: it dispatches nothing and runs nothing ----

const watchdog = createEverTask({ storage: memoryStorage({ database }), ...options });

/** Polls until it finds the state that is expected at this point of the demonstration. */
async function waitFor(isExpected: (findings: Finding[]) => boolean): Promise<void> {
  for (;;) {
    const findings = await inspect(watchdog, ["backup", "import", "cleanup"], 1_500);
    if (isExpected(findings)) {
      // Here an alert would go out: see ../monitoring/ for mail, chat and web hooks.
      for (const { series, problem } of findings) console.log(`${series}: ${problem}`);
      return console.log();
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const problems = (findings: Finding[], problem: string) =>
  findings.filter((finding) => finding.problem.startsWith(problem)).length;

// The worker is not up: both series are late, and a third one was never registered.
await waitFor((found) =>
  problems(found, "nobody runs it") === 2 && problems(found, "it is not") === 1
);

// The worker is up: the backup runs again, the import hangs.
await worker.start();
await waitFor((found) => found.length === 2 && problems(found, "a run takes too long") === 1);

// The import continues: only the missing series is reported.
repaired.resolve();
await waitFor((found) => found.length === 1);
await worker.stop();
await watchdog.stop();

// Follows a scan to its end: counts the events of its tasks, and asks the database now and then,
// since another process may be helping.

import type { TaskEvent, TaskEvents } from "@evertask/evertask";
import type { ProgressBar } from "./progress_bar.ts";
import type { Scan, Scans } from "./scans.ts";

/** How a scan ended in this process. */
export interface ScanEnd {
  /** False when it was interrupted. */
  readonly finished: boolean;
  /** How many tasks this process has completed. */
  readonly completedHere: number;
  /** How long that took, from the first start to the last completion. */
  readonly elapsedMs: number;
  /** How many tasks were taken over from lost workers. */
  readonly recovered: number;
}

/** A scan that is being followed. */
export interface FollowedScan {
  readonly ended: Promise<ScanEnd>;
  /** Ends it early. */
  interrupt(): void;
}

const redrawEveryMs = 100;
const recountEveryMs = 1000;

/**
 * Shows the events of a scan on the bar, until all of its tasks have ended. Begin before the worker
 * starts.
 */
export function followProgress(
  events: TaskEvents,
  scans: Scans,
  scan: Scan,
  bar: ProgressBar,
): FollowedScan {
  let { total, ended } = scans.progress(scan);
  let [completedHere, recovered, recoveredTold] = [0, 0, 0];
  let startedAt: number | undefined;
  let completedAt = 0;

  const unsubscribe = events.subscribe((event) => {
    if (event.kind === "started") startedAt ??= performance.now();
    if (event.kind === "completed") {
      completedHere++;
      completedAt = performance.now();
    }
    if (event.kind === "completed" || event.kind === "failed") ended++;
    if (event.kind === "lost") recovered++;
    if (event.kind === "retrying") bar.note(`Will be retried: ${describeFailure(event)}`);
    if (event.kind === "failed") bar.note(`Failed: ${describeFailure(event)}`);
  });

  const { promise, resolve } = Promise.withResolvers<ScanEnd>();
  const end = (finished: boolean) => {
    clearInterval(redrawing);
    clearInterval(recounting);
    unsubscribe();
    bar.end(ended, total);
    const elapsedMs = Math.max(0, completedAt - (startedAt ?? 0));
    resolve({ finished, completedHere, elapsedMs, recovered });
  };
  const recount = () => {
    ({ ended } = scans.progress(scan));
  };
  const redraw = () => {
    if (recovered > recoveredTold) {
      bar.note(`Recovered ${recovered - recoveredTold} tasks of a lost worker.`);
      recoveredTold = recovered;
    }
    if (ended >= total) recount(); // events may be counted twice over: the database has the last word
    if (ended >= total) end(true);
    else bar.draw(ended, total);
  };
  const redrawing = setInterval(redraw, redrawEveryMs);
  const recounting = setInterval(recount, recountEveryMs);
  return { ended: promise, interrupt: () => end(false) };
}

/** Which file, and the first line of the error. */
function describeFailure({ taskParameters, attempt, exception }: TaskEvent): string {
  const { path } = JSON.parse(taskParameters) as { path: string };
  return `${path} (attempt ${attempt}): ${exception?.split("\n", 1)[0]}`;
}

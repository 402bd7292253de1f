// Shows the progress of a scan: counts the events of its tasks, and regularly queries the database,
// because other processes may run tasks, too.

import type { TaskEvent, TaskEvents } from "@evertask/evertask";
import type { ProgressBar } from "./progress_bar.ts";
import type { Scan, Scans } from "./scans.ts";

/** The end of a scan in this process. */
export interface ScanEnd {
  /** False if it was interrupted. */
  readonly finished: boolean;
  /** The number of tasks that this process has completed. */
  readonly completedHere: number;
  /** The time from the first start to the last completion. */
  readonly elapsedMs: number;
  /** The number of tasks taken over from lost workers. */
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
    if (ended >= total) recount(); // an event may be counted twice, so the database decides
    if (ended >= total) end(true);
    else bar.draw(ended, total);
  };
  const redrawing = setInterval(redraw, redrawEveryMs);
  const recounting = setInterval(recount, recountEveryMs);
  return { ended: promise, interrupt: () => end(false) };
}

/** Describes a failure by the file and the first line of the error. */
function describeFailure({ taskParameters, attempt, exception }: TaskEvent): string {
  const { path } = JSON.parse(taskParameters) as { path: string };
  return `${path} (attempt ${attempt}): ${exception?.split("\n", 1)[0]}`;
}

// Measures the time from the call of `dispatch` to the call of the handler. Each of a number of
// callers has one pending task: one caller shows the minimal latency, and many show the latency
// under load.

import { type AuditLevel, createEverTask, defineTask, silentLogger } from "@evertask/evertask";
import type { BenchDatabase } from "../support/open_storage.ts";
import { percentile } from "../support/figures.ts";

/** The result of the measurement, in milliseconds. */
export interface LatencyFigures {
  readonly p50: number;
  readonly p99: number;
}

/** Settings of {@linkcode measureLatency}. */
export interface LatencyOptions {
  readonly auditLevel: AuditLevel;
  /** The number of concurrent tasks. */
  readonly callers: number;
  readonly tasks: number;
}

/** The share of tasks that run first to compile code and open connections. They are not counted. */
const warmUp = 0.1;

/** Each caller dispatches its next task when its previous one has started. */
export async function measureLatency(
  database: BenchDatabase,
  { auditLevel, callers, tasks }: LatencyOptions,
): Promise<LatencyFigures> {
  const onStarted: ((at: number) => void)[] = [];
  const timed = defineTask<number>({
    type: "timed",
    handle: (caller) => onStarted[caller]!(performance.now()),
  });
  const everTask = createEverTask({
    storage: database.storage(),
    tasks: [timed],
    defaultAuditLevel: auditLevel,
    logger: silentLogger,
  });
  await everTask.start();
  const uncounted = Math.ceil(warmUp * tasks);
  const waits: number[] = [];
  let left = uncounted + tasks;
  const call = async (caller: number) => {
    while (left-- > 0) {
      const started = new Promise<number>((resolve) => onStarted[caller] = resolve);
      const calledAt = performance.now();
      await everTask.dispatch(timed, caller);
      waits.push(await started - calledAt);
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)));
  await everTask.stop();
  const counted = waits.slice(uncounted);
  return { p50: percentile(counted, 0.5), p99: percentile(counted, 0.99) };
}

// Health checks of one process: liveness, readiness and details, as functions and as a request
// handler.

import type { Dated } from "../../time/dated.ts";
import { msSince } from "../ms_since.ts";
import type { Backlog } from "../../storage/queries.ts";
import type { WorkerStatus } from "../../storage/worker_status.ts";
import { messageOf } from "../../thrown/describe_error.ts";
import { cached } from "../cached.ts";
import { accessCheck } from "../http/access_token.ts";
import { getHandler } from "../http/get_handler.ts";
import { requestUrl } from "../http/host.ts";
import {
  checkOrigin,
  type EventOrigin,
  figureMethods,
  type FigureOrigin,
  type WorkerOrigin,
} from "../monitored.ts";
import { workerFigures } from "../worker_figures.ts";
import { FailureRate } from "./failure_rate.ts";
import { type HealthOptions, type HealthSettings, healthSettings } from "./health_options.ts";
import { type HealthCheck, type HealthReport, report, statusOf } from "./health_report.ts";

/** Health of one process. */
export interface HealthChecks {
  /**
   * Checks whether the process runs. Does not query storage, so that an unavailable database does
   * not cause restarts.
   */
  live(): HealthReport;
  /**
   * Checks whether the process can work: the storage answers, the process's heartbeat is recent,
   * and the backlog is not too old.
   */
  ready(): Promise<HealthReport>;
  /** Checks readiness and the failure rate, with statistics of the queues. */
  detail(): Promise<HealthReport>;
  /**
   * Answers `/health/live` and `/health/ready` with the statuses of the checks, and `/health` with
   * the detailed report. Responds 503 if the status is `unhealthy`, 404 for any other path, and 200
   * otherwise. Can be used without `this`.
   */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Stops counting failures. */
  close(): void;
}

/** The maximum number of due tasks to count in each queue, so that no backlog slows a probe down. */
const mostDue = 10_000;

/** The figures read from the storage. */
interface Figures {
  readonly backlog: Dated<Backlog>;
  readonly workers: readonly Dated<WorkerStatus>[];
}

/**
 * Creates the health checks of a process.
 *
 * @throws {InvalidArgumentError} If an option is invalid.
 *
 * @example
 * ```ts
 * import { createEverTask } from "@evertask/evertask";
 * import { memoryStorage } from "@evertask/evertask/memory";
 * import { createHealthChecks } from "@evertask/evertask/monitor";
 *
 * const everTask = createEverTask({ storage: memoryStorage(), tasks: [] });
 * const health = createHealthChecks(everTask);
 * await everTask.start();
 * const response = await health.fetch(new Request("http://localhost/health/ready"));
 * console.log(response.status); // 200
 *
 * health.close();
 * await everTask.stop();
 * ```
 */
export function createHealthChecks(
  everTask: EventOrigin & FigureOrigin & WorkerOrigin,
  options: HealthOptions = {},
): HealthChecks {
  checkOrigin(everTask, figureMethods);
  const settings = healthSettings(options);
  const { clock, failures, path } = settings;
  const rate = failures && new FailureRate(clock, failures.windowMs);
  const unsubscribe = rate
    ? everTask.events.subscribe(
      ({ kind }) => rate.record(kind === "failed" ? "failed" : "completed"),
      { kinds: ["completed", "failed"] },
    )
    : () => {};
  const limits = { ageMs: settings.cacheMs, timeoutMs: settings.timeoutMs };
  const ask = async (): Promise<Figures> => {
    const asked = [
      everTask.queues.backlog({ cap: mostDue }),
      everTask.workers({ includeLost: true }),
    ] as const;
    const [backlog, workers] = await Promise.all(asked);
    return { backlog, workers };
  };
  let figures = cached(ask, limits, clock);
  let askedFor = everTask.workerId;

  async function readiness(): Promise<Record<string, HealthCheck>> {
    const { workerId } = everTask;
    if (workerId !== askedFor) {
      // Earlier figures do not include this worker.
      askedFor = workerId;
      figures = cached(ask, limits, clock);
    }
    let known: Figures;
    try {
      known = await figures();
    } catch (error) {
      return { storage: unreachable(error) };
    }
    return {
      storage: { status: "healthy", description: "The storage answers.", data: {} },
      ...(settings.worker ? { worker: workerCheck(workerId, known, settings) } : {}),
      backlog: backlogCheck(known.backlog, settings),
    };
  }

  async function detail(): Promise<HealthReport> {
    const checks = await readiness();
    return report(
      { ...checks, ...(rate ? { failures: failureCheck(rate, settings) } : {}) },
      clock.now(),
    );
  }

  const live = (): HealthReport => report({}, clock.now());
  const ready = async (): Promise<HealthReport> => report(await readiness(), clock.now());
  const probes = getHandler({
    [`${path}/live`]: () => Promise.resolve(respond(withoutReasons(live()))),
    [`${path}/ready`]: async () => respond(withoutReasons(await ready())),
  }, accessCheck(undefined));
  const details = getHandler({
    [path || "/"]: async () => respond(await detail()),
  }, accessCheck(options.accessToken));

  return {
    live,
    ready,
    detail,
    fetch: (request) => {
      const pathname = requestUrl(request)?.pathname;
      const isProbe = pathname === `${path}/live` || pathname === `${path}/ready`;
      return isProbe ? probes(request) : details(request);
    },
    close: unsubscribe,
  };
}

function unreachable(error: unknown): HealthCheck {
  return {
    status: "unhealthy",
    description: `The storage does not answer: ${messageOf(error)}`,
    data: {},
  };
}

function workerCheck(
  workerId: string | null,
  { workers }: Figures,
  { maxHeartbeatAgeMs }: HealthSettings,
): HealthCheck {
  const own = workers.find(({ id }) => id === workerId);
  const { alive } = workerFigures(workers);
  if (own === undefined) {
    return {
      status: "unhealthy",
      description: workerId === null
        ? "This process runs no worker: it was not started, or was lost."
        : "This process's worker is not registered: it was lost.",
      data: { workerId, workers: alive },
    };
  }
  const { heartbeatAgeMs } = own;
  return {
    // A heartbeat far in the future, as after a clock was set back, is not recent either.
    status: Math.abs(heartbeatAgeMs) > maxHeartbeatAgeMs ? "unhealthy" : "healthy",
    description: `The last heartbeat was ${heartbeatAgeMs} ms ago.`,
    data: { workerId, heartbeatAgeMs, workers: alive },
  };
}

function backlogCheck({ now, queues }: Dated<Backlog>, settings: HealthSettings): HealthCheck {
  let oldestQueue: string | null = null;
  let oldestAgeMs = 0;
  let due = 0;
  let dueExact = true;
  for (const queue of queues) {
    if (queue.paused) continue;
    due += queue.due;
    dueExact &&= queue.due < mostDue;
    const age = msSince(queue.oldestDueAt, now);
    if (age > oldestAgeMs) [oldestQueue, oldestAgeMs] = [queue.queue, age];
  }
  return {
    status: statusOf(oldestAgeMs, settings.backlog),
    description: oldestQueue === null
      ? "No task is late."
      : `The longest waiting task is ${oldestAgeMs} ms late, in the queue ${oldestQueue}.`,
    data: { due, dueExact, oldestAgeMs, oldestQueue },
  };
}

function failureCheck(rate: FailureRate, { failures }: HealthSettings): HealthCheck {
  const { ended, failed } = rate.count();
  const counts = failures !== null && ended >= failures.minimum;
  return {
    status: counts ? statusOf(failed / ended, failures) : "healthy",
    description: `${failed} of the ${ended} tasks that ended here lately have failed.`,
    data: { ended, failed },
  };
}

/** Removes figures and error messages, because probes need no token. */
function withoutReasons({ status, checkedAt, checks }: HealthReport): object {
  const states = Object.entries(checks).map(([name, check]) => [name, check.status]);
  return { status, checkedAt, checks: Object.fromEntries(states) };
}

function respond(answer: object): Response {
  const unhealthy = "status" in answer && answer.status === "unhealthy";
  return Response.json(answer, {
    status: unhealthy ? 503 : 200,
    headers: { "cache-control": "no-store" },
  });
}

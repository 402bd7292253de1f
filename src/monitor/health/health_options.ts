// The options of health checks, and the checked settings with defaults.

import type { OptionNames } from "../../guards/option_names.ts";
import {
  checkCount,
  checkFlag,
  checkOptions,
  checkSecretOptions,
} from "../../guards/argument_checks.ts";
import { guardClock } from "../../time/guarded_clock.ts";
import { InvalidArgumentError } from "../../guards/errors.ts";
import { checkClock, type Clock, systemClock } from "../../time/clock.ts";
import { type Duration, toMilliseconds } from "../../time/duration.ts";
import type { AccessToken } from "../http/access_token.ts";
import { cleanPath } from "../http/url_path.ts";

/** Options of {@linkcode createHealthChecks}. */
export interface HealthOptions {
  /**
   * Whether this process is to run tasks. The process is then ready only while its worker is
   * started and the worker's heartbeat is recent. Set the option to false if the process only
   * dispatches.
   * @default true
   */
  readonly worker?: boolean;
  /**
   * The maximum age of the process's heartbeat, which is sent three times per `leaseDuration`.
   * @default 15 seconds
   */
  readonly maxHeartbeatAge?: Duration;
  /** The thresholds of the backlog; see {@linkcode BacklogThresholds}. */
  readonly backlog?: BacklogThresholds;
  /**
   * The thresholds of the failure rate, or false to ignore it; see {@linkcode FailureThresholds}.
   */
  readonly failures?: FailureThresholds | false;
  /**
   * The timeout of a query of the storage.
   * @default 5 seconds
   */
  readonly timeout?: Duration;
  /**
   * The time for which an answer of the storage is cached for all probes.
   * @default 1 second
   */
  readonly cacheTime?: Duration;
  /**
   * The path of the detailed report; `…/live` and `…/ready` are below it.
   * @default "/health"
   */
  readonly path?: string;
  /** The token that is required for the detailed report. `…/live` and `…/ready` need no token. */
  readonly accessToken?: AccessToken;
  /**
   * The clock.
   * @default systemClock
   */
  readonly clock?: Clock;
}

/** The thresholds of the time that a due task has waited. Tasks in paused queues do not count. */
export interface BacklogThresholds {
  /**
   * The time from which on the instance is degraded.
   * @default 5 minutes
   */
  readonly degraded?: Duration;
  /**
   * The time from which on the instance is not ready. Use it with care, because removing a worker
   * does not reduce a backlog.
   * @default never
   */
  readonly unhealthy?: Duration;
}

/** The thresholds of the failure rate of the tasks that ended in this process. */
export interface FailureThresholds {
  /**
   * The rate from which on the instance is degraded; 0.5 means half of the tasks.
   * @default 0.5
   */
  readonly degraded?: number;
  /**
   * The rate from which on the instance is unhealthy.
   * @default never
   */
  readonly unhealthy?: number;
  /**
   * The length of the window in which tasks are counted.
   * @default 5 minutes
   */
  readonly window?: Duration;
  /**
   * The minimum number of tasks in the window. With fewer, the rate is ignored.
   * @default 20
   */
  readonly minimum?: number;
}

/** The options completed with defaults. Durations are milliseconds. */
export interface HealthSettings {
  readonly worker: boolean;
  readonly maxHeartbeatAgeMs: number;
  readonly backlog: { readonly degraded: number; readonly unhealthy: number };
  readonly failures: FailureSettings | null;
  readonly timeoutMs: number;
  readonly cacheMs: number;
  readonly path: string;
  readonly clock: Clock;
}

/** {@linkcode FailureThresholds} completed with defaults. */
export interface FailureSettings {
  readonly degraded: number;
  readonly unhealthy: number;
  readonly windowMs: number;
  readonly minimum: number;
}

const optionNames: OptionNames<HealthOptions> = {
  worker: true,
  maxHeartbeatAge: true,
  backlog: true,
  failures: true,
  timeout: true,
  cacheTime: true,
  path: true,
  accessToken: true,
  clock: true,
};

/**
 * Checks the options and completes them with defaults.
 *
 * @throws {InvalidArgumentError} If an option is invalid.
 */
export function healthSettings(options: HealthOptions): HealthSettings {
  checkSecretOptions(options, optionNames, "options");
  const { worker = true, backlog = {}, failures = {}, path = "/health" } = options;
  const { maxHeartbeatAge = 15_000, timeout = 5_000, cacheTime = 1_000 } = options;
  checkFlag(worker, "worker");
  checkClock(options.clock, "clock");
  checkOptions(backlog, { degraded: true, unhealthy: true }, "backlog");
  if (failures !== false) {
    checkOptions(
      failures,
      { degraded: true, unhealthy: true, window: true, minimum: true },
      "failures",
    );
  }
  const { degraded = { minutes: 5 } } = backlog;
  return {
    worker,
    maxHeartbeatAgeMs: toMilliseconds(maxHeartbeatAge, "maxHeartbeatAge"),
    backlog: {
      degraded: toMilliseconds(degraded, "backlog.degraded"),
      unhealthy: backlog.unhealthy === undefined
        ? Infinity
        : toMilliseconds(backlog.unhealthy, "backlog.unhealthy"),
    },
    failures: failures === false ? null : failureSettings(failures),
    timeoutMs: toMilliseconds(timeout, "timeout"),
    cacheMs: toMilliseconds(cacheTime, "cacheTime"),
    path: cleanPath(path),
    clock: guardClock(options.clock ?? systemClock),
  };
}

function failureSettings(failures: FailureThresholds): FailureSettings {
  const { degraded = 0.5, unhealthy = Infinity, minimum = 20, window = { minutes: 5 } } = failures;
  for (const [name, rate] of Object.entries({ degraded, unhealthy })) {
    if (typeof rate !== "number" || !(rate > 0)) {
      throw new InvalidArgumentError(`failures.${name}`, rate, "be a rate above 0, such as 0.5");
    }
  }
  checkCount(minimum, "failures.minimum");
  const windowMs = toMilliseconds(window, "failures.window");
  return { degraded, unhealthy, windowMs, minimum };
}

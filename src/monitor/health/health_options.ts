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
   * Whether this process is to run tasks: then it is ready only once it is started, and while its
   * heartbeat is fresh. Set it to false where the process only dispatches.
   * @default true
   */
  readonly worker?: boolean;
  /**
   * How old the heartbeat of this process may be. It comes three times per `leaseDuration`.
   * @default 15 seconds
   */
  readonly maxHeartbeatAge?: Duration;
  /** From when on a backlog counts; see {@linkcode BacklogThresholds}. */
  readonly backlog?: BacklogThresholds;
  /** From when on failures count, or false to ignore them; see {@linkcode FailureThresholds}. */
  readonly failures?: FailureThresholds | false;
  /**
   * How long the storage may take to answer.
   * @default 5 seconds
   */
  readonly timeout?: Duration;
  /**
   * For how long an answer serves, however many probes ask.
   * @default 1 second
   */
  readonly cacheTime?: Duration;
  /**
   * The path of the detailed report; `…/live` and `…/ready` are below it.
   * @default "/health"
   */
  readonly path?: string;
  /**
   * What one has to know to read the detailed report. Probes of `…/live` and `…/ready` need no
   * token.
   */
  readonly accessToken?: AccessToken;
  /**
   * The time.
   * @default systemClock
   */
  readonly clock?: Clock;
}

/** How long the longest waiting due task may wait. Tasks in paused queues do not count. */
export interface BacklogThresholds {
  /**
   * From here on the instance is degraded.
   * @default 5 minutes
   */
  readonly degraded?: Duration;
  /**
   * From here on it is not ready. Think twice: taking a worker out makes no backlog smaller.
   * @default never
   */
  readonly unhealthy?: Duration;
}

/** Which part of the tasks that ended in this process may have failed. */
export interface FailureThresholds {
  /**
   * From here on the instance is degraded; 0.5 is every other task.
   * @default 0.5
   */
  readonly degraded?: number;
  /**
   * From here on it is unhealthy.
   * @default never
   */
  readonly unhealthy?: number;
  /**
   * How far back to look.
   * @default 5 minutes
   */
  readonly window?: Duration;
  /**
   * How many tasks must have ended in the window for the rate to count.
   * @default 20
   */
  readonly minimum?: number;
}

/** The options with defaults filled in; times in milliseconds. */
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

/** {@linkcode FailureThresholds} with defaults filled in. */
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

/** @throws {InvalidArgumentError} If an option has a value that cannot be used. */
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

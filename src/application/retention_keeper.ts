// Applies the retention policy of an instance when the worker starts, and regularly while it runs.

import type { Logger } from "../log/logger.ts";
import type { RetentionPolicy } from "../storage/retention.ts";
import type { Clock } from "../time/clock.ts";
import { type Duration, toMilliseconds } from "../time/duration.ts";
import { checkPolicy } from "../storage/retention_policy.ts";
import type { Audit } from "./audit.ts";

/** The `retention` option: a policy and its interval. */
export interface RetentionOptions extends RetentionPolicy {
  /**
   * The interval at which the policy is applied.
   *
   * @default a tenth of the policy's shortest limit, at most 1 hour
   */
  readonly every?: Duration;
}

/** The option, completed with defaults. */
export interface RetentionSettings {
  readonly policy: RetentionPolicy;
  readonly everyMs: number;
}

/** The number of days for which the actions of operators are kept. */
const defaultActionDays = 365;

/**
 * Checks and completes the `retention` option.
 *
 * @throws {InvalidArgumentError} If a limit is not a number, or `every` is not a duration.
 */
export function parseRetention(options: RetentionOptions): RetentionSettings {
  checkPolicy(options, { every: true });
  const { every = defaultInterval(options), ...given } = options;
  const policy = {
    ...given,
    operatorActionDays: given.operatorActionDays === undefined
      ? defaultActionDays
      : given.operatorActionDays,
  };
  return { policy, everyMs: Math.max(1_000, toMilliseconds(every, "retention.every")) };
}

function defaultInterval(policy: RetentionPolicy): Duration {
  const { statusAuditDays, runsAuditDays, errorAuditDays, executionLogDays } = policy;
  const limits = [statusAuditDays, runsAuditDays, errorAuditDays, executionLogDays]
    .filter((days) => (days ?? 0) > 0) as number[];
  return { hours: Math.min(1, ...limits.map((days) => 24 * days / 10)) };
}

/**
 * Applies a retention policy regularly. If several processes do so, only one of them purges at a
 * time.
 */
export class RetentionKeeper {
  readonly #audit: Audit;
  readonly #settings: RetentionSettings;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #stopping = new AbortController();
  #disarm: () => void = () => {};
  #purging: Promise<void> = Promise.resolve();

  constructor(audit: Audit, settings: RetentionSettings, clock: Clock, logger: Logger) {
    this.#audit = audit;
    this.#settings = settings;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Purges now and at each interval. */
  start(): void {
    this.#purging = this.#purge();
  }

  /** Stops after the current batch. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#disarm();
    await this.#purging;
  }

  async #purge(): Promise<void> {
    const { signal } = this.#stopping;
    try {
      const purged = await this.#audit.purge(this.#settings.policy, { signal });
      const { busy: _, done: _done, actionId: _id, ...deleted } = purged;
      if (Object.values(deleted).some((rows) => rows > 0)) {
        this.#logger.info("Retention deleted {deleted}", { deleted });
      }
    } catch (error) {
      this.#logger.error("Retention failed; it is retried later: {error}", { error });
    }
    if (signal.aborted) return;
    this.#disarm = this.#clock.setTimer(() => {
      this.#purging = this.#purge();
    }, this.#settings.everyMs);
  }
}

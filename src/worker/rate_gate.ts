// Decides whether a task of a rate-limited type may run now, at a later rate limit slot, or not at
// all. A waiting task uses no slot of its queue.

import type { Logger } from "../log/logger.ts";
import { decodePayload } from "../payload/payload.ts";
import { longestKey, type RateLimits } from "../rate_limit/rate_limits.ts";
import { RateLimitRejectedError, type RateLimitSettings } from "../task/rate_limit_options.ts";
import { countedAttempt } from "./attempt/ending.ts";
import type { Job } from "./job.ts";

/**
 * The decision about a job: it starts, it waits `waitMs` milliseconds for its slot, or it is
 * rejected.
 */
export type Verdict =
  | { readonly kind: "go" }
  | { readonly kind: "wait"; readonly slotAt: number; readonly waitMs: number }
  | { readonly kind: "reject"; readonly error: RateLimitRejectedError };

const go: Verdict = { kind: "go" };

/** The dependencies of a rate gate. */
export interface GateParts {
  readonly rateLimits: RateLimits;
  readonly logger: Logger;
}

/** Decides when rate-limited jobs may run. */
export class RateGate {
  readonly #parts: GateParts;

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  /** Reports whether a job must ask a rate limit before it starts. */
  concerns(job: Job): boolean {
    const { task } = job;
    const limit = this.#parts.rateLimits.of(task.type);
    if (limit === undefined || job.rate.isExempt || task.cancelRequested) return false;
    return limit.throttleRetries || countedAttempt(task) <= 1;
  }

  /** Returns how long before its turn a job may ask at the earliest, in milliseconds. */
  mostAheadMs({ task }: Job): number {
    return this.#parts.rateLimits.of(task.type)?.mostAheadMs ?? 0;
  }

  /**
   * Asks whether a job may start. Reserves a slot, unless the job needs none or is rejected.
   *
   * @param startWithinMs The maximum time from now to the start of the job, in milliseconds.
   * @throws The error of storage, if it does not answer.
   */
  async ask(job: Job, startWithinMs: number): Promise<Verdict> {
    const { rateLimits } = this.#parts;
    const limit = rateLimits.of(job.task.type)!;
    // Asks again even if the reserved slot is in the future, because an operator may have released
    // the limit.
    const reservedAt = job.rate.slotAt;
    const key = await this.#keyOf(job, limit);
    if (key === null) {
      job.rate.exempt();
      return go;
    }
    // If a task already has a slot, a late worker is no reason to reject the task.
    const horizonMs = reservedAt === null ? limit.horizonMs : Number.MAX_SAFE_INTEGER;
    const { emissionIntervalMs, burst, startEmpty, graceMs } = limit;
    const wish = { emissionIntervalMs, burst, startEmpty, horizonMs, reservedAt, graceMs };
    const { slotAt, granted, now } = await rateLimits.take(job.task, key, {
      ...wish,
      startWithinMs,
    });
    const waitMs = slotAt - now;
    if (!granted) {
      const error = new RateLimitRejectedError(job.task.type, key, waitMs, horizonMs);
      return { kind: "reject", error };
    }
    job.rate.reserve(slotAt);
    return waitMs > 0 ? { kind: "wait", slotAt, waitMs } : go;
  }

  /** Gives back a slot that a job will not use. Never rejects. */
  async giveBack(job: Job, slotAt: number): Promise<void> {
    const { rateLimits } = this.#parts;
    const limit = rateLimits.of(job.task.type);
    const key = limit === undefined ? null : await this.#keyOf(job, limit);
    if (key !== null) await rateLimits.giveBack(job.task, key, slotAt);
  }

  /** Returns the key of a job's budget; null if the job may start without a slot. */
  async #keyOf(job: Job, limit: RateLimitSettings): Promise<string | null> {
    const { task, definition } = job;
    const { rateLimits, logger } = this.#parts;
    if (job.payload === null && limit.key !== undefined) {
      try {
        job.keepPayload(await decodePayload(task.type, definition.payload, task.payload));
      } catch {
        return null; // the attempt fails with the same error
      }
    }
    const found = rateLimits.keyOf(limit, job.payload?.value);
    if ("key" in found) return found.key;
    const { fault } = found;
    logger.warn(
      "The rate limit key function of task {taskId} ({taskType}) returned no string of 1 to {longestKey} " +
        "characters; the task starts without a slot: {fault}",
      { taskId: task.id, taskType: task.type, longestKey, fault },
    );
    return null;
  }
}

// The gate before the executor: decides whether a task of a rate-limited type may run now, at a
// later slot, or not at all. A waiting task holds no worker's slot.

import type { Logger } from "../log/logger.ts";
import { decodePayload } from "../payload/payload.ts";
import { longestKey, type RateLimits } from "../rate_limit/rate_limits.ts";
import { RateLimitRejectedError, type RateLimitSettings } from "../task/rate_limit_options.ts";
import type { StorageClock } from "../time/storage_clock.ts";
import { countedAttempt } from "./attempt/ending.ts";
import type { Job } from "./job.ts";

/**
 * What the gate decides about a job: it starts, it waits `waitMs` milliseconds for its slot, or it
 * gets none.
 */
export type Verdict =
  | { readonly kind: "go" }
  | { readonly kind: "wait"; readonly slotAt: number; readonly waitMs: number }
  | { readonly kind: "reject"; readonly error: RateLimitRejectedError };

const go: Verdict = { kind: "go" };

/** What the gate works with. */
export interface GateParts {
  readonly rateLimits: RateLimits;
  readonly storageClock: StorageClock;
  readonly logger: Logger;
}

/** Decides when rate-limited jobs may run. */
export class RateGate {
  readonly #parts: GateParts;

  constructor(parts: GateParts) {
    this.#parts = parts;
  }

  /** Whether a job has to pass the gate. */
  concerns(job: Job): boolean {
    const { task } = job;
    const limit = this.#parts.rateLimits.of(task.type);
    if (limit === undefined || job.rate.isExempt || task.cancelRequested) return false;
    return limit.throttleRetries || countedAttempt(task) <= 1;
  }

  /** How long before its turn a job may ask, in milliseconds. */
  mostAheadMs({ task }: Job): number {
    return this.#parts.rateLimits.of(task.type)?.mostAheadMs ?? 0;
  }

  /**
   * Asks whether a job may start; otherwise it keeps the slot that it gets.
   *
   * @param startWithinMs How much later than now it may start.
   * @throws What storage throws, when it gives no answer.
   */
  async ask(job: Job, startWithinMs: number): Promise<Verdict> {
    const { storageClock, rateLimits } = this.#parts;
    const limit = rateLimits.of(job.task.type)!;
    const reservedAt = job.rate.slotAt;
    const earlyMs = reservedAt === null ? 0 : reservedAt - storageClock.now();
    if (earlyMs > 0) return { kind: "wait", slotAt: reservedAt!, waitMs: earlyMs };
    const key = await this.#keyOf(job, limit);
    if (key === null) {
      job.rate.exempt();
      return go;
    }
    // A task that was let in before is not rejected because its worker was late.
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

  /** Gives a slot back that a job will not come for. Never rejects. */
  async giveBack(job: Job, slotAt: number): Promise<void> {
    const { rateLimits } = this.#parts;
    const limit = rateLimits.of(job.task.type);
    const key = limit === undefined ? null : await this.#keyOf(job, limit);
    if (key !== null) await rateLimits.giveBack(job.task, key, slotAt);
  }

  /** The key of a job's budget; null lets it through. */
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
      "The rate limit key function of task {taskId} ({taskType}) gave no text of 1 to {longestKey} " +
        "characters; the task is let through without a slot: {fault}",
      { taskId: task.id, taskType: task.type, longestKey, fault },
    );
    return null;
  }
}

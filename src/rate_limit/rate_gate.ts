// The gate before the executor: tells whether a task of a rate-limited type may run now, at a later slot, or not at all. While
// it waits it holds no worker's slot.

import { answerAtOnce } from "../application/calls.ts";
import type { Logger } from "../log/logger.ts";
import { decodePayload } from "../payload/payload.ts";
import type { AnyTask } from "../task.ts";
import type { StorageClock } from "../time/storage_clock.ts";
import type { Job } from "../worker/job.ts";
import {
  parseRateLimit,
  RateLimitRejectedError,
  type RateLimitSettings,
} from "./rate_limit_options.ts";
import type { SlotSource } from "./slot_sources.ts";

/** What becomes of a job: it may go on; it has a slot in so many milliseconds; or it gets none. */
export type Verdict =
  | { readonly kind: "go" }
  | { readonly kind: "wait"; readonly slotAt: number; readonly waitMs: number }
  | { readonly kind: "reject"; readonly error: RateLimitRejectedError };

const go: Verdict = { kind: "go" };

/** What the gate works with. */
export interface GateParts {
  readonly definitions: ReadonlyMap<string, AnyTask>;
  readonly storageClock: StorageClock;
  readonly logger: Logger;
  readonly sources: Readonly<Record<RateLimitSettings["scope"], SlotSource>>;
}

/** The longest key that a key function may give: with the type before it, it must fit into storage. */
const longestKey = 199;

/** Stands between type and key (U+001F, "unit separator"): no type and key look like another type and key. */
const separator = "\x1f";

/** Decides when rate-limited jobs may run. */
export class RateGate {
  readonly #parts: GateParts;
  readonly #limits: ReadonlyMap<string, RateLimitSettings>;

  constructor(parts: GateParts) {
    this.#parts = parts;
    const limits = new Map<string, RateLimitSettings>();
    for (const { type, rateLimit } of parts.definitions.values()) {
      if (rateLimit !== undefined) limits.set(type, parseRateLimit(rateLimit, "rateLimit"));
    }
    this.#limits = limits;
  }

  /** Whether a job has to pass the gate. */
  concerns({ task, rateExempt }: Job): boolean {
    const limit = this.#limits.get(task.type);
    if (limit === undefined || rateExempt || task.cancelRequested) return false;
    return limit.throttleRetries || task.attempt - task.lostCount <= 1;
  }

  /** How long before its turn a job may ask, in milliseconds. */
  mostAheadMs({ task }: Job): number {
    return this.#limits.get(task.type)?.mostAheadMs ?? 0;
  }

  /**
   * Asks whether a job may start; otherwise it keeps the slot that it gets.
   *
   * @param startWithinMs How much later than now it may start.
   * @throws What storage throws, when it gives no answer.
   */
  async ask(job: Job, startWithinMs: number): Promise<Verdict> {
    const limit = this.#limits.get(job.task.type)!;
    const { storageClock, sources } = this.#parts;
    const reservedAt = job.rateSlotAt;
    const earlyMs = reservedAt === null ? 0 : reservedAt - storageClock.now();
    if (earlyMs > 0) return { kind: "wait", slotAt: reservedAt!, waitMs: earlyMs };
    const key = await this.#keyOf(job, limit);
    if (key === null) {
      job.rateExempt = true;
      return go;
    }
    // A task that was let in before is not rejected because its worker was late.
    const horizonMs = reservedAt === null ? limit.horizonMs : Number.MAX_SAFE_INTEGER;
    const { emissionIntervalMs, burst, startEmpty, graceMs } = limit;
    const { slotAt, granted, now } = await sources[limit.scope].take({
      key: job.task.type + separator + key,
      emissionIntervalMs,
      burst,
      startEmpty,
      horizonMs,
      reservedAt,
      graceMs,
      startWithinMs,
    });
    const waitMs = slotAt - now;
    if (!granted) {
      const error = new RateLimitRejectedError(job.task.type, key, waitMs, horizonMs);
      return { kind: "reject", error };
    }
    job.rateSlotAt = slotAt;
    return waitMs > 0 ? { kind: "wait", slotAt, waitMs } : go;
  }

  /** The key of a job's budget; null lets it through. */
  async #keyOf(job: Job, { key }: RateLimitSettings): Promise<string | null> {
    if (key === undefined) return "";
    const { task, definition } = job;
    if (job.payload === null) {
      try {
        job.payload = { value: await decodePayload(task.type, definition.payload, task.request) };
      } catch {
        return null; // the attempt fails by the same error, and says so
      }
    }
    let fault: unknown;
    try {
      const value = answerAtOnce(key(job.payload.value), "rateLimit.key");
      if (typeof value === "string" && value !== "" && value.length <= longestKey) return value;
      fault = `it gave ${typeof value === "string" ? `${value.length} characters` : typeof value}`;
    } catch (error) {
      fault = error;
    }
    this.#parts.logger.warn(
      "The rate limit key function of task {taskId} ({taskType}) gave no text of 1 to {longestKey} " +
        "characters; the task is let through without a slot: {fault}",
      { taskId: task.id, taskType: task.type, longestKey, fault },
    );
    return null;
  }
}

// The gate between the local queues and the executor: lets a task of a rate-limited type through when it has a slot, sends it
// away until its slot, or rejects it. It holds no worker's slot meanwhile.

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
import type { ReservedSlot, SlotSource } from "./slot_sources.ts";

/** What the gate decides about a job. */
export interface GateDecisions {
  /** It may run now. */
  onPass(job: Job): void;
  /** It has a slot in so many milliseconds. */
  onDefer(job: Job, slotAt: number, waitMs: number): void;
  /** It gets no slot. */
  onReject(job: Job, error: RateLimitRejectedError): void;
  /** Storage gave no answer. */
  onUndecided(job: Job, error: unknown): void;
}

/** What the gate works with. */
export interface GateParts {
  readonly definitions: ReadonlyMap<string, AnyTask>;
  readonly storageClock: StorageClock;
  readonly logger: Logger;
  readonly sources: Readonly<Record<RateLimitSettings["scope"], SlotSource>>;
  readonly decisions: GateDecisions;
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

  /** Whether a job that has just come has to pass the gate. */
  concerns({ task }: Job): boolean {
    const limit = this.#limits.get(task.type);
    if (limit === undefined || task.cancelRequested) return false;
    return limit.throttleRetries || task.attempt - task.lostCount <= 1;
  }

  /** Whether a job that was let through has waited for so long that it must come again: its slot has lapsed. */
  hasLapsed({ task, rateSlotAt }: Job): boolean {
    if (rateSlotAt === null) return false;
    const limit = this.#limits.get(task.type);
    return limit !== undefined && this.#parts.storageClock.now() - rateSlotAt > limit.validForMs;
  }

  /** Decides, soon, and says so to {@linkcode GateDecisions}. */
  decide(job: Job): void {
    const { decisions } = this.#parts;
    this.#decide(job, this.#limits.get(job.task.type)!).catch((error) => {
      decisions.onUndecided(job, error);
    });
  }

  async #decide(job: Job, limit: RateLimitSettings): Promise<void> {
    const { storageClock, sources, decisions } = this.#parts;
    const reservedAt = job.rateSlotAt;
    if (reservedAt !== null) {
      const waitMs = reservedAt - storageClock.now();
      if (waitMs > 0) return decisions.onDefer(job, reservedAt, waitMs); // woken before its time
      if (-waitMs <= limit.validForMs) return decisions.onPass(job);
    }
    const key = await this.#keyOf(job, limit);
    if (key === null) {
      job.rateSlotAt = null;
      return decisions.onPass(job);
    }
    const { emissionIntervalMs, burst, startEmpty } = limit;
    // A task that was admitted before is not rejected because its worker was late.
    const horizonMs = reservedAt === null ? limit.horizonMs : Number.MAX_SAFE_INTEGER;
    const slot = await sources[limit.scope].reserve({
      key: job.task.type + separator + key,
      emissionIntervalMs,
      burst,
      startEmpty,
      horizonMs,
    });
    this.#apply(job, key, horizonMs, slot);
  }

  #apply(job: Job, key: string, horizonMs: number, { slotAt, granted, now }: ReservedSlot): void {
    const { decisions } = this.#parts;
    const waitMs = slotAt - now;
    if (!granted) {
      const error = new RateLimitRejectedError(job.task.type, key, waitMs, horizonMs);
      return decisions.onReject(job, error);
    }
    job.rateSlotAt = slotAt;
    if (waitMs > 0) decisions.onDefer(job, slotAt, waitMs);
    else decisions.onPass(job);
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
      const value = key(job.payload.value);
      if (typeof value === "string" && value !== "" && value.length <= longestKey) return value;
      fault = `it gave ${typeof value === "string" ? `${value.length} characters` : typeof value}`;
    } catch (error) {
      fault = error;
    }
    this.#parts.logger.warn(
      "The rate limit key function of task {taskId} ({type}) gave no text of 1 to {longestKey} " +
        "characters; the task is let through without a slot: {fault}",
      { taskId: task.id, type: task.type, longestKey, fault },
    );
    return null;
  }
}

// The rate limits of an instance's tasks: the settings of each type, the key of a payload, and the
// source of slots.

import { budgetName } from "../task/budget_name.ts";
import { answerAtOnce } from "../guards/calls.ts";
import type { Logger } from "../log/logger.ts";
import { decodePayload } from "../payload/payload.ts";
import type { RateSlotRequest } from "../storage/requests.ts";
import type { TaskRecord } from "../storage/records.ts";
import type { Storage } from "../storage/storage.ts";
import { parseRateLimit, type RateLimitSettings } from "../task/rate_limit_options.ts";
import type { AnyTask } from "../task/task.ts";
import type { Clock } from "../time/clock.ts";
import type { StorageClock } from "../time/storage_clock.ts";
import { memorySlots, type SlotSource, storeSlots, type TimedSlot } from "./slot_sources.ts";

/** The dependencies of rate limits. */
export interface RateLimitParts {
  readonly definitions: ReadonlyMap<string, AnyTask>;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly storageClock: StorageClock;
  readonly logger: Logger;
  /** The time for which calls are retried after transient errors of storage, in milliseconds. */
  readonly retryForMs: number;
}

/**
 * The maximum length of the result of a key function. The type and the key together must fit into
 * storage.
 */
export const longestKey = 199;

/** The key of a budget, or the reason why there is none. */
export type RateKey = { readonly key: string } | { readonly fault: unknown };

/** The fields of a rate-limited task. */
export interface LimitedTask {
  readonly id: string;
  readonly type: string;
}

/** The rate limits by type. */
export class RateLimits {
  readonly #parts: RateLimitParts;
  readonly #settings: ReadonlyMap<string, RateLimitSettings>;
  readonly #sources: Readonly<Record<RateLimitSettings["scope"], SlotSource>>;

  constructor(parts: RateLimitParts) {
    this.#parts = parts;
    const settings = new Map<string, RateLimitSettings>();
    for (const { type, rateLimit } of parts.definitions.values()) {
      if (rateLimit !== undefined) settings.set(type, parseRateLimit(rateLimit, "rateLimit"));
    }
    this.#settings = settings;
    this.#sources = { store: storeSlots(parts), memory: memorySlots(parts.storageClock) };
  }

  /** Returns the limit of a type; undefined if the type has none. */
  of(type: string): RateLimitSettings | undefined {
    return this.#settings.get(type);
  }

  /** Returns the key of a payload's budget, or the reason why there is none. */
  keyOf({ key }: RateLimitSettings, payload: unknown): RateKey {
    if (key === undefined) return { key: "" };
    try {
      const value = answerAtOnce(key(payload), "rateLimit.key");
      if (typeof value !== "string") return { fault: `it gave ${typeof value}` };
      if (value !== "" && value.length <= longestKey) return { key: value };
      return { fault: `it gave ${value.length} characters` };
    } catch (fault) {
      return { fault };
    }
  }

  /**
   * Takes a slot.
   *
   * @throws The error of storage, if storage does not answer.
   */
  take({ type }: LimitedTask, key: string, wish: Omit<RateSlotRequest, "key">): Promise<TimedSlot> {
    const { scope } = this.#settings.get(type)!;
    return this.#sources[scope].take({ ...wish, key: budgetName(type, key) });
  }

  /** Gives back a reserved slot that its task will not use. Never rejects. */
  async giveBack(task: LimitedTask, key: string, slotAt: number): Promise<void> {
    const { scope } = this.#settings.get(task.type)!;
    try {
      await this.#sources[scope].giveBack({ key: budgetName(task.type, key), slotAt });
    } catch (error) {
      this.#parts.logger.warn(
        "The rate limit slot of task {taskId} ({taskType}) could not be given back; other tasks wait " +
          "longer than necessary: {error}",
        { taskId: task.id, taskType: task.type, error },
      );
    }
  }

  /**
   * Gives back the slot of a cancelled waiting task, if the task had reserved one. Never rejects.
   */
  async giveBackOfCancelled(taskId: string): Promise<void> {
    if (this.#settings.size === 0) return;
    try {
      const task = await this.#parts.storage.get(taskId);
      if (task !== null) await this.giveBackOf(task);
    } catch (error) {
      this.#warnOf(taskId, error);
    }
  }

  /** Gives back the slot of a task that has ended. Never rejects. */
  async giveBackOf(
    task: Pick<TaskRecord, "id" | "type" | "payload" | "rateSlotAt">,
  ): Promise<void> {
    if (task.rateSlotAt === null) return;
    try {
      const key = await this.#storedKeyOf(task);
      if (key !== null) await this.giveBack(task, key, task.rateSlotAt);
    } catch (error) {
      this.#warnOf(task.id, error);
    }
  }

  /**
   * Returns the key of a stored task's budget; null if its type has no limit in this process, or
   * the key cannot be derived. Never rejects.
   */
  async keyOfTask(task: Pick<TaskRecord, "type" | "payload">): Promise<string | null> {
    try {
      return await this.#storedKeyOf(task);
    } catch {
      return null; // the worker that starts the task reports the error
    }
  }

  async #storedKeyOf(
    { type, payload: text }: Pick<TaskRecord, "type" | "payload">,
  ): Promise<string | null> {
    const limit = this.#settings.get(type);
    if (limit === undefined) return null;
    const { payload: validator } = this.#parts.definitions.get(type)!;
    const payload = limit.key && await decodePayload(type, validator, text);
    const found = this.keyOf(limit, payload);
    return "key" in found ? found.key : null;
  }

  #warnOf(taskId: string, error: unknown): void {
    this.#parts.logger.warn(
      "The rate limit slot of task {taskId} could not be given back: {error}",
      {
        taskId,
        error,
      },
    );
  }
}

// The budgets of rate limits in memory, by key.

import { checkFlag, checkNumber, isPlain } from "../../guards/argument_checks.ts";
import { InvalidArgumentError } from "../../guards/errors.ts";
import { rateLimitPage } from "../paging.ts";
import type { Page, PageRequest, RateLimitRecord } from "../queries.ts";
import type { RateSlot } from "../requests.ts";
import { type RateBudget, releasedBudget, type SlotWish, takeSlot } from "./gcra.ts";
import { ReturnedSlotList } from "./returned_slots.ts";

/** The number of keys above which the keys whose budget is not in use are removed. */
const keysToSweep = 10_000;

/** The interval and the burst of the last request that changed the budget of a key. */
type Pace = Pick<SlotWish, "emissionIntervalMs" | "burst">;

interface Entry {
  budget: RateBudget;
  pace: Pace;
  readonly returned: ReturnedSlotList;
}

/** Stores the budget of each key. */
export class RateBook {
  readonly #entries = new Map<string, Entry>();
  #sweepAt = keysToSweep;

  /**
   * Takes a slot of a key; see {@linkcode Storage.takeRateSlots}.
   *
   * @param now Epoch milliseconds, whole.
   * @throws {InvalidArgumentError} If an argument or a property of `wish` has the wrong type.
   */
  take(key: string, now: number, wish: SlotWish): RateSlot {
    checkKey(key);
    checkNumber(now, "now");
    checkWish(wish);
    const entry = this.#entries.get(key);
    const { slotAt, granted, budget } = takeSlot(
      entry?.budget ?? null,
      now,
      wish,
      entry?.returned,
    );
    if (entry === undefined) {
      if (budget !== null) this.#add(key, budget, wish, now);
    } else if (budget !== entry.budget) {
      entry.budget = budget!;
      entry.pace = wish;
    }
    return { slotAt, granted };
  }

  /**
   * Gives back a reserved slot.
   *
   * @throws {InvalidArgumentError} If an argument has the wrong type.
   */
  giveBack(key: string, slotAt: number): void {
    checkKey(key);
    checkNumber(slotAt, "slotAt");
    this.#entries.get(key)?.returned.add(slotAt);
  }

  /**
   * Gives back the budget of a key; see {@linkcode Storage.releaseRateLimit}.
   *
   * @param now Epoch milliseconds.
   * @returns Whether the key has a budget.
   * @throws {InvalidArgumentError} If an argument has the wrong type.
   */
  release(key: string, now: number): boolean {
    checkKey(key);
    checkNumber(now, "now");
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    entry.budget = releasedBudget(now);
    entry.returned.clear();
    return true;
  }

  /**
   * Returns the keys in use; see {@linkcode Storage.rateLimits}.
   *
   * @param now Epoch milliseconds.
   * @throws {InvalidArgumentError} If an argument is invalid.
   */
  list(request: PageRequest | undefined, now: number): Page<RateLimitRecord> {
    checkNumber(now, "now");
    const page = rateLimitPage(request);
    const keys = [...this.#entries.keys()].filter((key) => key > page.after).sort();
    return page.of(
      keys.slice(0, page.limit + 1).map((key) => {
        const { budget, pace, returned } = this.#entries.get(key)!;
        const { count, first } = returned.later(now);
        return {
          key,
          reservedUntilAt: budget.reservedTat,
          startedUntilAt: budget.startedTat,
          emissionIntervalMs: pace.emissionIntervalMs,
          burst: pace.burst,
          returnedSlots: count,
          firstReturnedAt: first,
        };
      }),
    );
  }

  #add(key: string, budget: RateBudget, pace: Pace, now: number): void {
    this.#entries.set(key, { budget, pace, returned: new ReturnedSlotList() });
    if (this.#entries.size < this.#sweepAt) return;
    for (const [key, { budget: { reservedTat, startedTat } }] of this.#entries) {
      if (Math.max(reservedTat, startedTat) <= now) this.#entries.delete(key);
    }
    this.#sweepAt = Math.max(keysToSweep, 2 * this.#entries.size);
  }
}

const numbers = ["emissionIntervalMs", "burst", "horizonMs", "graceMs", "startWithinMs"] as const;

function checkWish(wish: SlotWish): void {
  if (!isPlain(wish)) throw new InvalidArgumentError("wish", wish, "be a request for a slot");
  for (const name of numbers) checkNumber(wish[name], name);
  if (wish.reservedAt !== null) checkNumber(wish.reservedAt, "reservedAt");
  checkFlag(wish.startEmpty, "startEmpty");
}

function checkKey(key: unknown): void {
  if (typeof key !== "string") throw new InvalidArgumentError("key", key, "be a string");
}

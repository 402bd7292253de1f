// Random choices from a seed. The same seed gives the same choices in every runtime.

import type { FillRandom } from "../../ids/uuid_v7.ts";

/**
 * Returns a generator of numbers from 0 to below 1 that are the same in each run (mulberry32, by
 * Tommy Ettinger, public domain).
 *
 * @param seed The seed, of which the lowest 32 bits are used.
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Draws choices from a seed. */
export class Chance {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** Draws an integer from `least` to `most`, inclusive. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.#random() * (most - least + 1));
  }

  /** Draws one of the items. An item that is listed twice is drawn twice as often. */
  pick<T>(items: readonly T[]): T {
    return items[this.integer(0, items.length - 1)]!;
  }

  /** Returns true with the given probability, from 0 to 1. */
  happens(probability: number): boolean {
    return this.#random() < probability;
  }

  /** Draws the seed of another source, whose draws do not affect this one. */
  seed(): number {
    return this.integer(0, 2 ** 32 - 1);
  }

  /** Fills an array with bytes, as the option `random` of an instance does. */
  readonly fill: FillRandom = (bytes) => {
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.integer(0, 255);
  };
}

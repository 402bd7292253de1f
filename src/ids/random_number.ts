// Random numbers from the same source as ids, for uses that need no secrecy.

import type { FillRandom } from "./uuid_v7.ts";

/** Returns a function that returns numbers from 0 to below 1. */
export function randomNumber(fillRandom: FillRandom): () => number {
  return () => {
    const bytes = new Uint8Array(4);
    fillRandom(bytes);
    return new DataView(bytes.buffer).getUint32(0) / 2 ** 32;
  };
}

// The memory store, for simulations.

import { MemoryDatabase, memoryStorage } from "../../../drivers/memory/mod.ts";
import type { StoreMaker } from "../../../src/testing/simulation/world.ts";

/** Makes an empty store in memory. */
export const memoryStore: StoreMaker = (clock) => {
  const database = new MemoryDatabase({ clock });
  return () => memoryStorage({ database });
};

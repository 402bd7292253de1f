// The conformance harness of the memory store: a fake clock, faults before or after an operation,
// and direct changes of run counts.

import { MemoryDatabase, memoryStorage } from "../../../drivers/memory/mod.ts";
import { stateOf } from "../../../drivers/memory/database.ts";
import { StorageUnavailableError } from "../../../src/storage/errors.ts";
import type { Storage } from "../../../src/storage/storage.ts";
import { FakeClock, type StorageHarness, type StorageUnderTest } from "../../../src/testing/mod.ts";

/** Counts down to the failure. Each call counts twice: before and after its work. */
class Fault {
  #left = 0;

  arm(n: number): void {
    this.#left = n;
  }

  /** Counts once, and returns whether the call fails now. */
  strikes(): boolean {
    return this.#left > 0 && --this.#left === 0;
  }
}

/** Wraps the storage so that a requested call fails, either before or after its work. */
function faulty(storage: Storage, fault: Fault): Storage {
  return new Proxy(storage, {
    get(target, property) {
      const member = Reflect.get(target, property, target);
      if (typeof member !== "function") return member;
      if (property === "open" || property === "close" || property === "onWake") {
        return member.bind(target);
      }
      return async (...args: unknown[]) => {
        if (fault.strikes()) throw new StorageUnavailableError("The connection was lost before.");
        const result = await Reflect.apply(member, target, args);
        if (fault.strikes()) throw new StorageUnavailableError("The connection was lost after.");
        return result;
      };
    },
  });
}

async function create(): Promise<StorageUnderTest> {
  const clock = new FakeClock();
  const database = new MemoryDatabase({ clock });
  const opened: Storage[] = [];
  const another = async () => {
    const storage = memoryStorage({ database });
    await storage.open();
    opened.push(storage);
    return storage;
  };
  const fault = new Fault();
  return {
    storage: faulty(await another(), fault),
    another,
    passTime: (ms) => clock.advance(ms),
    setClockBack: (ms) => Promise.resolve(clock.setTime(clock.now() - ms)),
    setRunCount(taskId, runCount) {
      stateOf(database).rows.get(taskId)!.series!.runCount = runCount;
      return Promise.resolve();
    },
    failAt: (n) => fault.arm(n),
    async dispose() {
      for (const storage of opened) await storage.close();
    },
  };
}

/** A memory store for each case. */
export const memoryHarness: StorageHarness = {
  name: "memory",
  capabilities: ["setRunCount", "failAt", "setClockBack", "wakes"],
  create,
};

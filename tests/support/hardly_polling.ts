// Workers that are told of tasks, and hardly look for them by themselves: what they find soon, they
// were told of.

import type { Storage } from "../../src/storage/mod.ts";

/**
 * A storage whose workers look by themselves so rarely that within a test only a wake-up makes
 * them.
 */
export function hardlyPolling(storage: Storage): Storage {
  return new Proxy(storage, {
    get(target, name) {
      if (name === "polling") return { busyMs: 600_000, idleMs: 600_000 };
      const member = target[name as keyof Storage];
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

// Workers that hardly poll, so that they find tasks soon only by notifications.

import type { Storage } from "../../src/storage/mod.ts";

/**
 * A storage whose workers poll so rarely that within a test only a notification makes them claim.
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

// Rules about rate limits.

import { momentsOf } from "./replay.ts";
import { locate, type Rule } from "./rule.ts";

/** A rate limit holds across all processes. */
export const ratesHold: Rule = {
  name: "at most as many runs as permits plus burst start in any window of a period",
  check(history) {
    const starts = new Map<string, number[]>();
    const broken: string[] = [];
    for (const { entry } of momentsOf(history, "slotTaken")) {
      if (!entry.goes) continue;
      const of = starts.get(entry.limit) ?? [];
      starts.set(entry.limit, [...of, entry.at].filter((at) => at > entry.at - entry.periodMs));
      const inWindow = starts.get(entry.limit)!.length;
      if (inWindow > entry.most) {
        broken.push(`${locate(entry)} ${entry.limit}: ${inWindow} in ${entry.periodMs} ms`);
      }
    }
    return broken;
  },
};

/** A handler with a rate limit has a permit. */
export const startsPermitted: Rule = {
  name: "each start of a handler with a rate limit uses a permit of its own",
  check(history) {
    const permits = new Map<string, number>();
    const broken: string[] = [];
    for (const { entry } of momentsOf(history, "slotTaken", "started")) {
      const isPermit = entry.kind === "slotTaken";
      if (entry.limit === null || (isPermit && !entry.goes)) continue;
      const key = `${entry.instance} ${entry.limit}`;
      const left = (permits.get(key) ?? 0) + (isPermit ? 1 : -1);
      permits.set(key, left);
      if (left < 0) broken.push(locate(entry));
    }
    return broken;
  },
};

/** All rules about rate limits. */
export const limitRules: readonly Rule[] = [ratesHold, startsPermitted];

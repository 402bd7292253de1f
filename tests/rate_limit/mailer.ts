// A task for tests of rate limits that records its runs, and functions that check their rate.

import { defineTask, type RateLimitOptions } from "../../mod.ts";
import type { Fleet } from "../support/fleet.ts";

/** The payload. */
export interface Mail {
  readonly to: string;
  readonly n?: number;
}

/** A task that records the instants of its runs, by the fake clock. */
export function mailer(fleet: Fleet, rateLimit: RateLimitOptions<Mail>, more: object = {}) {
  const runs: { to: string; n: number | undefined; at: number }[] = [];
  const task = defineTask<Mail>({
    type: "mail",
    rateLimit,
    handle: ({ to, n }) => void runs.push({ to, n, at: fleet.clock.monotonic() }),
    ...more,
  });
  return { task, runs };
}

/** The largest number of runs in any window of this length. */
export function busiestWindow(instants: readonly number[], windowMs: number): number {
  const sorted = [...instants].sort((a, b) => a - b);
  let most = 0;
  for (let from = 0, to = 0; from < sorted.length; from++) {
    while (to < sorted.length && sorted[to]! < sorted[from]! + windowMs) to++;
    most = Math.max(most, to - from);
  }
  return most;
}

/** A budget for each address. */
export const byAddress = { key: ({ to }: Mail) => to };

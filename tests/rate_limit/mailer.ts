// What the tests of rate limits run: a task that notes when it ran, and how to judge its rhythm.

import { defineTask, type RateLimitOptions } from "../../mod.ts";
import type { Fleet } from "../support/fleet.ts";

/** The payload. */
export interface Mail {
  readonly to: string;
  readonly n?: number;
}

/** A task that notes when it ran, by the fake clock. */
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

/** The most that happened in any window of that length. */
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

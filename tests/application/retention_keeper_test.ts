// Tests when retention is applied: at once, then at intervals, also after a failure, but not after
// a stop.

import { assertEquals } from "@std/assert";
import type { Audit, PurgeRunOptions } from "../../src/application/audit.ts";
import { parseRetention, RetentionKeeper } from "../../src/application/retention_keeper.ts";
import { silentLogger } from "../../src/log/logger.ts";
import { FakeClock } from "../../src/testing/mod.ts";

const nothing = {
  statusAudit: 0,
  runsAudit: 0,
  executionLog: 0,
  operatorActions: 0,
  tasks: 0,
  done: true,
  busy: false,
};

/** A keeper whose purges have a given duration and outcome. */
function scene(tookMs: number, results: readonly (typeof nothing | Error)[] = []) {
  const clock = new FakeClock();
  const purges: number[] = [];
  const signals: (AbortSignal | undefined)[] = [];
  const log: string[] = [];
  const audit: Pick<Audit, "purge"> = {
    async purge(_, { signal }: PurgeRunOptions = {}) {
      const result = results[purges.length] ?? nothing;
      purges.push(clock.monotonic());
      signals.push(signal);
      await new Promise<void>((resolve) => clock.setTimer(resolve, tookMs));
      if (result instanceof Error) throw result;
      return result;
    },
  };
  const note = (level: string) => () => void log.push(level);
  const logger = { ...silentLogger, info: note("info"), error: note("error") };
  const settings = parseRetention({ statusAuditDays: 7, every: 10_000 });
  const keeper = new RetentionKeeper(audit as Audit, settings, clock, logger);
  return { clock, keeper, purges, signals, log };
}

Deno.test("a keeper purges at once, and again after the interval, whether a purge succeeds or fails", async () => {
  const { clock, keeper, purges, log } = scene(500, [
    { ...nothing, tasks: 1 },
    new Error("no database"),
    nothing,
  ]);
  keeper.start();
  await clock.advance(32_000);
  assertEquals(purges, [0, 10_500, 21_000, 31_500]);
  assertEquals(log, ["info", "error"], "it logs deletions and failures");
});

Deno.test("a stop ends the current purge, waits for it, and no other follows", async () => {
  const { clock, keeper, purges, signals } = scene(500);
  keeper.start();
  await clock.advance(100);
  let isStopped = false;
  const stopped = keeper.stop().then(() => isStopped = true);
  await clock.advance(399);
  assertEquals([signals[0]?.aborted, isStopped], [true, false]);
  await clock.advance(1);
  await stopped;
  await clock.advance(60_000);
  assertEquals([purges.length, clock.timerCount], [1, 0]);
});

Deno.test("a stop between two purges leaves no timer behind", async () => {
  const { clock, keeper, purges } = scene(500);
  keeper.start();
  await clock.advance(5_000);
  await keeper.stop();
  assertEquals(clock.timerCount, 0);
  await clock.advance(60_000);
  assertEquals(purges, [0]);
});

Deno.test("retention is applied every hour by default, and at most once a second", () => {
  assertEquals(parseRetention({ statusAuditDays: 7 }), {
    policy: { statusAuditDays: 7, operatorActionDays: 365 },
    everyMs: 3_600_000,
  });
  const kept = parseRetention({ operatorActionDays: null });
  assertEquals(kept.policy, { operatorActionDays: null }, "null keeps actions forever");
  assertEquals([0, 999, 1_000, 1_001].map((every) => parseRetention({ every }).everyMs), [
    1_000,
    1_000,
    1_000,
    1_001,
  ]);
});

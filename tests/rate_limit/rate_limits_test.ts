// The keys of rate limits: valid ones, and their separation by type.

import { assertEquals } from "@std/assert";
import { defineTask } from "../../mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { RateLimits } from "../../src/rate_limit/rate_limits.ts";
import { silentLogger } from "../../src/log/logger.ts";
import { FakeClock } from "../../src/testing/mod.ts";
import { StorageClock } from "../../src/time/storage_clock.ts";

function limitsOf(...types: string[]) {
  const clock = new FakeClock();
  const rateLimit = {
    permits: 1,
    period: 60_000,
    burst: 1,
    key: (key: string) => key,
    scope: "memory",
  } as const;
  return new RateLimits({
    definitions: new Map(
      types.map((type) => [type, defineTask<string>({ type, rateLimit, handle() {} })]),
    ),
    storage: memoryStorage({ clock }),
    clock,
    storageClock: new StorageClock(clock),
    logger: silentLogger,
    retryForMs: 1_000,
  });
}

Deno.test("a key has 1 to 199 characters", () => {
  const limits = limitsOf("work");
  const limit = limits.of("work")!;
  for (const key of ["x", "x".repeat(199)]) assertEquals(limits.keyOf(limit, key), { key });
  for (const key of ["", "x".repeat(200), 5, null, undefined]) {
    assertEquals("fault" in limits.keyOf(limit, key), true, String(key));
  }
});

Deno.test("types and keys that look alike have separate budgets", async () => {
  const limits = limitsOf("mail", "mailto", "m");
  const wish = { ...limits.of("mail")!, reservedAt: null, startWithinMs: 0 };
  const waits = [];
  for (
    const [type, key] of [["mail", "toada"], ["mailto", "ada"], ["m", "ailtoada"], [
      "mail",
      "toada",
    ]] as const
  ) {
    const { slotAt, now } = await limits.take({ id: "x", type }, key, wish);
    waits.push(slotAt > now);
  }
  assertEquals(waits, [false, false, false, true]);
});

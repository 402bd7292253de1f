// Tests how many tasks wait for a rate limit, and when the next one may run.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { createEverTask } from "../../mod.ts";
import { memoryStorage } from "../../drivers/memory/mod.ts";
import { limitOverview } from "../../src/operate/limit_overview.ts";
import { RateBook } from "../../src/storage/kit/rate_book.ts";
import { mailer } from "../rate_limit/mailer.ts";
import { Fleet } from "../support/fleet.ts";

const step = fc.record({
  passMs: fc.nat(3000),
  takes: fc.nat(5),
  givesBack: fc.array(fc.nat(), { maxLength: 3 }),
});
const pace = fc.record({
  emissionIntervalMs: fc.constantFrom(1000, 333.25, 1000 / 3, 60_000),
  burst: fc.integer({ min: 1, max: 4 }),
  startEmpty: fc.boolean(),
});

Deno.test("a limit has as many waiting tasks as reserved slots, and its next slot is the one that a new task gets", () => {
  fc.assert(fc.property(pace, fc.array(step, { minLength: 1, maxLength: 8 }), (pace, steps) => {
    const book = new RateBook();
    const rest = { horizonMs: 1e9, reservedAt: null, graceMs: 0, startWithinMs: 0 };
    const isWhole = Number.isInteger(pace.emissionIntervalMs);
    const reserved = new Set<number>();
    const returned = new Set<number>();
    let now = 1_700_000_000_000;
    for (const { passMs, takes, givesBack } of steps) {
      now += passMs;
      for (let n = 0; n < takes; n++) {
        reserved.add(book.take("a", now, { ...pace, ...rest }).slotAt);
      }
      for (const slotAt of reserved) if (slotAt <= now) reserved.delete(slotAt);
      for (const at of givesBack) {
        const slots = [...reserved];
        const slotAt = slots[at % slots.length];
        if (slotAt === undefined) continue;
        book.giveBack("a", slotAt);
        reserved.delete(slotAt);
        returned.add(slotAt);
      }
      const [record] = book.list({}, now).items;
      if (record === undefined) continue;
      const { waiting, nextSlotAt } = limitOverview(record, now);
      // Slots are rounded to whole milliseconds. The end of the reservations is rounded, too, once
      // the last slot is given back.
      const tolerance = 1;
      const sure = [...reserved].filter((slotAt) => slotAt > now + 1).length;
      assert(Math.abs(waiting! - sure) <= tolerance, `${waiting} of ${sure}`);
      const { slotAt } = book.take("a", now, { ...pace, ...rest });
      if (slotAt > now) reserved.add(slotAt);
      // After slots were given back, the overview may be one interval late.
      const toleranceMs = 2 + (isWhole && returned.size === 0 ? 0 : pace.emissionIntervalMs);
      assert(
        Math.abs(nextSlotAt!.getTime() - slotAt) <= toleranceMs,
        `${nextSlotAt!.getTime()} ${slotAt}`,
      );
    }
  }));
});

Deno.test("the number of waiting tasks is unknown if version 0.2 has last changed the budget", () => {
  const record = { key: "a", reservedUntilAt: 7, startedUntilAt: 5, returnedSlots: 0 };
  const unknown = { emissionIntervalMs: null, burst: null, firstReturnedAt: null };
  const { waiting, nextSlotAt, reservedUntilAt } = limitOverview({ ...record, ...unknown }, 0);
  assertEquals([waiting, nextSlotAt, reservedUntilAt], [null, null, new Date(7)]);
});

Deno.test("an operator sees how many tasks wait for a limit, in any process", async () => {
  await using fleet = new Fleet();
  const rateLimit = { permits: 1, period: { minutes: 1 } };
  const { task } = mailer(fleet, rateLimit);
  const web = fleet.create({ tasks: [task] });
  await fleet.start({ tasks: [task] });
  for (let n = 0; n < 4; n++) await web.dispatch(task, { to: "ada" });
  await fleet.pass(1000);
  const { items } = await web.operate.limits();
  const startedAt = fleet.clock.now() - 1000;
  assertEquals(items.map(({ type, key, waiting }) => [type, key, waiting]), [["mail", "", 3]]);
  const nextInMs = items[0]!.nextSlotAt!.getTime() - startedAt;
  assert(Math.abs(nextInMs - 240_000) < 1000, `in ${nextInMs} ms`);
});

Deno.test("a store without rate limits returns an empty list", async () => {
  await using everTask = createEverTask({ storage: memoryStorage(), tasks: [] });
  assertEquals(await everTask.operate.limits(), { items: [], next: null });
});

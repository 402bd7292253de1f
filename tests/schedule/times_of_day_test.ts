// Compares combinations of times of day with explicit lists.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { CombinedTimes, ListedTimes } from "../../src/schedule/times_of_day.ts";

const some = (below: number) =>
  fc.uniqueArray(fc.nat(below - 1), { minLength: 1, maxLength: 4 }).map((n) =>
    n.toSorted((a, b) => a - b)
  );

Deno.test("a combination of times is equal to the list of all its times", () => {
  const anyTime = fc.integer({ min: 0, max: 86_400_000 });
  fc.assert(
    fc.property(
      some(24),
      some(60),
      some(60),
      anyTime,
      fc.boolean(),
      (hours, minutes, seconds, any, near) => {
        const listed = hours.flatMap((h) =>
          minutes.flatMap((m) => seconds.map((s) => ((h * 60 + m) * 60 + s) * 1_000))
        );
        const combined = new CombinedTimes(hours, minutes, seconds);
        const times = new ListedTimes(listed);
        // Most random times are far from all listed ones.
        const time = near ? listed[any % listed.length]! + (any % 120_001) - 60_000 : any;
        const asked = Math.max(0, Math.min(86_399_999, time));
        assertEquals(combined.size, listed.length);
        for (const found of [combined, times]) {
          assertEquals(found.atOrAfter(asked), listed.find((each) => each >= asked));
          assertEquals(found.countBefore(asked), listed.filter((each) => each < asked).length);
        }
      },
    ),
    { numRuns: 500 },
  );
});

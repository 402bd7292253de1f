// Tests durations, instants and counts as text.

import { assertEquals } from "@std/assert";
import { countWords, durationWords, instantWords } from "../../src/operate/time_words.ts";

const durations: [ms: number, words: string][] = [
  [-5, "0 s"],
  [0, "0 s"],
  [1, "1 s"],
  [40_000, "40 s"],
  [59_001, "1 min"],
  [125_000, "2 min 5 s"],
  [3_600_000, "1 h"],
  [3_605_000, "1 h"],
  [11_400_000, "3 h 10 min"],
  [86_400_000, "1 day"],
  [2 * 86_400_000 + 3_600_000 + 60_000, "2 days 1 h"],
  [NaN, "an unknown time"],
  [Infinity, "an unknown time"],
];

for (const [ms, words] of durations) {
  Deno.test(`${ms} ms is "${words}"`, () => assertEquals(durationWords(ms), words));
}

Deno.test("an instant is shown in ISO 8601, and an invalid one as unknown", () => {
  assertEquals(instantWords(new Date(0)), "1970-01-01T00:00:00.000Z");
  assertEquals(instantWords(new Date(NaN)), "an unknown time");
});

Deno.test("1 takes the singular, and every other count the plural", () => {
  assertEquals([0, 1, 2].map((count) => countWords(count, "task")), [
    "0 tasks",
    "1 task",
    "2 tasks",
  ]);
});

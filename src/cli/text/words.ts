// Numbers, instants and durations as they are shown.

import { countWords, durationWords } from "../../operate/time_words.ts";

export { countWords, durationWords };

const numbers = new Intl.NumberFormat("en-US");

/** Formats a number with separators: `12,000`. */
export function numberWords(value: number): string {
  return numbers.format(value);
}

/** Formats a number of things: `1 task`, `12,000 tasks`, or `10,000+ tasks` if it is not exact. */
export function manyWords(count: number, noun: string, exact = true): string {
  return `${numberWords(count)}${exact ? "" : "+"} ${noun}${count === 1 ? "" : "s"}`;
}

/** Formats an instant to seconds: `2026-11-29 15:13:37Z`; empty for none. */
export function instantText(instant: Date | null | undefined): string {
  if (instant === null || instant === undefined) return "";
  if (Number.isNaN(instant.getTime())) return "unknown";
  return instant.toISOString().replace("T", " ").replace(/\.\d+Z$/, "Z");
}

/** Formats the distance of an instant in its largest unit: `3 min ago`, `in 2 days`. */
export function distanceWords(instant: Date | null, now: number): string {
  if (instant === null) return "";
  const ms = instant.getTime() - now;
  if (Number.isNaN(ms)) return "unknown";
  const distance = largestUnit(Math.abs(ms));
  if (Math.abs(ms) < 1000) return "now";
  return ms < 0 ? `${distance} ago` : `in ${distance}`;
}

function largestUnit(ms: number): string {
  const units = [["day", 86_400_000], ["h", 3_600_000], ["min", 60_000], ["s", 1000]] as const;
  const [unit, size] = units.find(([, size]) => ms >= size) ?? units[3];
  const count = Math.floor(ms / size);
  return unit === "day" ? countWords(count, "day") : `${count} ${unit}`;
}

/** Formats a short duration: `12 ms`, `3.4 s`, or as {@linkcode durationWords}. */
export function elapsedWords(ms: number | null): string {
  if (ms === null) return "";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : durationWords(ms);
}

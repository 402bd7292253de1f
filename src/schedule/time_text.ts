// Parses and formats times of day such as "09:00" or "09:00:30".

import { hour, minute, second } from "./civil_time.ts";
import { InvalidScheduleError } from "./errors.ts";

const pattern = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/;

/** Checks and normalizes a time of day: omits seconds that are 0. */
export function parseTimeOfDay(value: unknown, name: string): string {
  if (typeof value !== "string" || !pattern.test(value)) {
    throw new InvalidScheduleError(name, value, 'be a time from "00:00" to "23:59", or "23:59:59"');
  }
  return value.replace(/^(..:..):00$/, "$1");
}

/**
 * Returns the milliseconds since midnight of a time that {@linkcode parseTimeOfDay} has checked.
 */
export function millisecondsOfDay(time: string): number {
  const [hours, minutes, seconds] = time.split(":").map(Number);
  return (hours ?? 0) * hour + (minutes ?? 0) * minute + (seconds ?? 0) * second;
}

/** Formats hours, minutes and seconds as a time of day. */
export function formatTimeOfDay(hours: number, minutes: number, seconds: number): string {
  const parts = seconds === 0 ? [hours, minutes] : [hours, minutes, seconds];
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}

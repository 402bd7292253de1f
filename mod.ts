/**
 * EverTask runs background work inside an application and keeps it in the application's own database.
 *
 * @module
 */
export { EverTaskError, InvalidArgumentError } from "./src/errors.ts";
export type { Duration, DurationParts } from "./src/time/duration.ts";
export type { Instant } from "./src/time/instant.ts";
export { type Clock, systemClock, type TimerOptions } from "./src/time/clock.ts";

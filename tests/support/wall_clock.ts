// The time of the machine, which several processes can compare.

/** The readings that a clock is made from, in milliseconds. */
export interface Readings {
  /** The time of the machine in whole milliseconds, rounded down. */
  readonly wall: () => number;
  /** A time that goes on evenly, with fractions. */
  readonly monotonic: () => number;
}

/** The difference between two readings in the same instant, in milliseconds. */
const leastStepMs = 0.001;

const ownReadings: Readings = { wall: () => Date.now(), monotonic: () => performance.now() };

/**
 * Returns a function that reads the machine's time in epoch milliseconds, with fractions. Each
 * reading is later than the one before.
 *
 * `performance.timeOrigin + performance.now()` is the time of the machine only until the machine
 * corrects its clock. This clock follows each correction, and so agrees with other processes and
 * with a database on the same machine. If the machine sets its clock back, it waits until the
 * machine's time has reached its own.
 */
export function wallClock({ wall, monotonic }: Readings = ownReadings): () => number {
  let offset = -Infinity;
  let last = -Infinity;
  return () => {
    const elapsed = monotonic();
    const whole = wall();
    // The time is in the millisecond that `wall` reads. Moves the offset only as far as necessary.
    offset = Math.min(Math.max(offset, whole - elapsed), whole + 0.999 - elapsed);
    return last = Math.max(elapsed + offset, last + leastStepMs);
  };
}

// The figures of the last minutes. Events come out of order: the end of an attempt is counted after
// it was stored, and a clock may be set back. A minute that is counted anew would replace its
// earlier report.

import { Minute } from "./minute.ts";

const minuteMs = 60_000;

/** The number of minutes whose figures are kept. */
const mostKept = 15;

/** The number of earlier minutes that are remembered, but not their figures: those of a day. */
const mostDropped = 1_440;

/** The figures of the last minutes, by queue and type. */
export class RecentMinutes {
  readonly #kept = new Map<number, Map<string, Map<string, Minute>>>();
  readonly #dropped = new Set<number>();

  /**
   * Returns the figures of a type and queue in the minute of an instant. If this minute is no longer
   * kept, returns those of the first minute that is: nothing is lost, and no report is replaced.
   */
  at(instant: number, type: string, queue: string): Minute {
    const at = this.#keep(instant - instant % minuteMs);
    const queues = this.#kept.get(at)!;
    let types = queues.get(queue);
    if (types === undefined) queues.set(queue, types = new Map());
    let minute = types.get(type);
    if (minute === undefined) types.set(type, minute = new Minute(at, type, queue));
    return minute;
  }

  /** Returns the beginning of the kept minute that counts events of the minute `at`. */
  #keep(at: number): number {
    if (this.#kept.has(at)) return at;
    if (this.#dropped.has(at)) return first(this.#kept);
    this.#kept.set(at, new Map());
    if (this.#kept.size > mostKept) {
      const oldest = first(this.#kept);
      this.#kept.delete(oldest);
      this.#dropped.add(oldest);
    }
    if (this.#dropped.size > mostDropped) this.#dropped.delete(first(this.#dropped));
    return at;
  }
}

/** Returns the key that was added first to a map or set, which is not empty. */
function first(minutes: { keys(): Iterator<number> }): number {
  return minutes.keys().next().value!;
}

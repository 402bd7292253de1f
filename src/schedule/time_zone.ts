// Time zones, based on Intl.DateTimeFormat, the only source of zone rules that every runtime has. A
// call takes about 2 µs. Therefore offsets are cached in blocks of some months. Each block is
// sampled once, and has a list of its clock changes.

import { EverTaskError } from "../guards/errors.ts";
import { describeValue } from "../thrown/describe_value.ts";
import { day, second } from "./civil_time.ts";
import { InvalidScheduleError } from "./errors.ts";

/** An instant at which the clocks of a zone are changed. */
export interface Transition {
  /** The first instant with the new offset, in epoch milliseconds. */
  readonly at: number;
  /** The offset from UTC before the change, in milliseconds. */
  readonly offsetBefore: number;
  /** The offset from UTC from the change on, in milliseconds. */
  readonly offsetAfter: number;
}

interface Block {
  readonly offset: number;
  readonly transitions: readonly Transition[];
}

/**
 * The interval at which a zone is sampled for clock changes. Since 1970, no zone has had two
 * changes less than 7 days apart, so no change is missed.
 */
const sampleStep = 3 * day;
const samplesPerBlock = 32;
const blockLength = samplesPerBlock * sampleStep;

/**
 * The maximum number of cached blocks per zone, about 80 years. The cache is cleared when it is
 * full.
 */
const maximumBlocks = 300;

/** The last instant that a `Date` can hold. The first such instant is its negative. */
const lastDateMs = 100_000_000 * day;

const wallClock = /^(\d+)\/(\d+)\/(\d+) (A|B)\w*, (\d+):(\d+):(\d+)$/;

/** The rules of one IANA time zone. */
export class TimeZone {
  /** The name as the user spelled it. */
  readonly name: string;
  readonly #format: Intl.DateTimeFormat;
  readonly #isUtc: boolean;
  readonly #blocks = new Map<number, Block>();

  private constructor(name: string) {
    this.name = name;
    this.#format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      hourCycle: "h23",
      era: "short",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    this.#isUtc = this.#format.resolvedOptions().timeZone === "UTC";
  }

  static readonly #known = new Map<string, TimeZone>();

  /**
   * Returns the zone of a name such as `Europe/Rome`.
   *
   * @throws {InvalidScheduleError} If this runtime does not know the name.
   */
  static of(name: string): TimeZone {
    let zone = TimeZone.#known.get(name);
    if (zone === undefined) {
      try {
        if (/^[+-]/.test(name)) {
          throw new RangeError("An offset is not a time zone, and not every runtime accepts it.");
        }
        zone = new TimeZone(name);
      } catch {
        throw new InvalidScheduleError(
          "timeZone",
          name,
          'be the name of an IANA time zone that this runtime knows, such as "Europe/Rome" or "UTC"',
        );
      }
      TimeZone.#known.set(name, zone);
    }
    return zone;
  }

  /** Returns the offset of the zone from UTC at an instant, in milliseconds. */
  offsetAt(instant: number): number {
    if (this.#isUtc) return 0;
    const block = this.#block(Math.floor(instant / blockLength));
    let { offset } = block;
    for (const transition of block.transitions) {
      if (transition.at > instant) break;
      offset = transition.offsetAfter;
    }
    return offset;
  }

  /** Returns the first clock change that is after `after` and not after `upTo`. */
  nextTransition(after: number, upTo: number): Transition | undefined {
    if (this.#isUtc) return undefined;
    const lastBlock = Math.floor(upTo / blockLength);
    for (let index = Math.floor(after / blockLength); index <= lastBlock; index++) {
      for (const transition of this.#block(index).transitions) {
        if (transition.at > upTo) return undefined;
        if (transition.at > after) return transition;
      }
    }
    return undefined;
  }

  /** Returns a block. The block includes the first instant of the next block. */
  #block(index: number): Block {
    let block = this.#blocks.get(index);
    if (block === undefined) {
      if (this.#blocks.size >= maximumBlocks) this.#blocks.clear();
      block = this.#sampleBlock(index * blockLength);
      this.#blocks.set(index, block);
    }
    return block;
  }

  #sampleBlock(start: number): Block {
    const transitions: Transition[] = [];
    const first = this.#measureOffset(start);
    let offset = first;
    for (let sample = 1; sample <= samplesPerBlock; sample++) {
      const instant = start + sample * sampleStep;
      const found = this.#measureOffset(instant);
      if (found === offset) continue;
      const at = this.#locateChange(instant - sampleStep, instant, found);
      // A change at the first instant of the next block is included, so that a search through this
      // block finds it.
      transitions.push({ at, offsetBefore: offset, offsetAfter: found });
      offset = found;
    }
    return { offset: first, transitions };
  }

  /** Bisects between two samples to find the second of the change. */
  #locateChange(before: number, after: number, offsetAfter: number): number {
    let low = before;
    let high = after;
    while (high - low > second) {
      const middle = low + Math.floor((high - low) / 2 / second) * second;
      if (this.#measureOffset(middle) === offsetAfter) high = middle;
      else low = middle;
    }
    return high;
  }

  #measureOffset(wanted: number): number {
    const instant = Math.max(-lastDateMs, Math.min(lastDateMs, wanted));
    const text = this.#format.format(instant);
    const match = wallClock.exec(text);
    if (match === null) {
      throw new EverTaskError(
        `Intl.DateTimeFormat wrote a date in an unknown way: ${describeValue(text)}`,
      );
    }
    const [, month, date, year, era, hours, minutes, seconds] = match;
    const reading = new Date(0);
    reading.setUTCFullYear(
      era === "A" ? Number(year) : 1 - Number(year),
      Number(month) - 1,
      Number(date),
    );
    reading.setUTCHours(Number(hours), Number(minutes), Number(seconds));
    return reading.getTime() - instant;
  }
}

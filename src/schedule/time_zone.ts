// Time zones over Intl.DateTimeFormat, the only source of zone rules that every runtime has. Asking
// it is slow (about 2 µs), so offsets are looked up in blocks of some months, each sampled once; a
// block knows its clock changes.

import { EverTaskError } from "../guards/errors.ts";
import { describeValue } from "../thrown/describe_value.ts";
import { day, second } from "./civil_time.ts";
import { InvalidScheduleError } from "./errors.ts";

/** An instant at which the clocks of a zone are changed. */
export interface Transition {
  /** The first instant with the new offset, in epoch milliseconds. */
  readonly at: number;
  /** The offset from UTC before it, in milliseconds. */
  readonly offsetBefore: number;
  /** The offset from UTC from it on, in milliseconds. */
  readonly offsetAfter: number;
}

interface Block {
  readonly offset: number;
  readonly transitions: readonly Transition[];
}

/**
 * How far apart a zone is sampled for clock changes: two of them never lie closer than 7 days in
 * any zone since 1970, so that none is overlooked.
 */
const sampleStep = 3 * day;
const samplesPerBlock = 32;
const blockLength = samplesPerBlock * sampleStep;

/** Blocks kept per zone, about 80 years; the cache is dropped when it is full. */
const maximumBlocks = 300;

/**
 * The last instant that a `Date` can hold; the first one lies as far on the other side of the
 * epoch.
 */
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
   * The zone of a name such as `Europe/Rome`.
   *
   * @throws {InvalidScheduleError} If this runtime does not know it.
   */
  static of(name: string): TimeZone {
    let zone = TimeZone.#known.get(name);
    if (zone === undefined) {
      try {
        if (/^[+-]/.test(name)) {
          throw new RangeError("An offset is no zone, and not every runtime takes it.");
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

  /** What wall clocks in the zone add to UTC at an instant, in milliseconds. */
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

  /** The first clock change after one instant and not after another. */
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

  /**
   * A block reaches from its first instant up to and including the first instant of the next one.
   */
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
      // A change at the very first instant of the next block is that block's own beginning, but
      // walks need to see it.
      transitions.push({ at, offsetBefore: offset, offsetAfter: found });
      offset = found;
    }
    return { offset: first, transitions };
  }

  /** Halves the way between two samples until the second of the change is known. */
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

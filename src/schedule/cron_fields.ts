// Reads the fields of a cron expression into sets of numbers, with a character position for every
// complaint.

import { describeValue } from "../thrown/describe_value.ts";
import { InvalidScheduleError } from "./errors.ts";

/** A field of an expression as it was written. */
export interface FieldText {
  readonly text: string;
  /** Its index in the expression. */
  readonly position: number;
}

/** The numbers that a field allows. */
export interface FieldRange {
  readonly label: string;
  readonly min: number;
  readonly max: number;
  /**
   * The largest number that may be written. What exceeds `max` starts again at `min`: a week has
   * the days 0 to 6, and 7 is Sunday as well as 0. @default max
   */
  readonly maxWritten?: number;
  /** Names for numbers, the first one standing for `min`. */
  readonly names?: readonly string[];
}

/**
 * A field that was read.
 *
 * @typeParam Special The parsed type of an item such as `L`.
 */
export interface CronField<Special = never> {
  /** Ascending. */
  readonly values: readonly number[];
  /** It is `*` (or `?`) and nothing else. */
  readonly isEvery: boolean;
  /** It has a `*`, a range or a step, rather than single values alone. */
  readonly isInterval: boolean;
  /** Items such as `L` or `MON#1`, as the field's reader of special items has read them. */
  readonly specials: readonly Special[];
}

/**
 * Reads an item that may be neither number, range nor step; undefined if it is not one of its own.
 */
export type SpecialReader<Special> = (item: string) => Special | undefined;

/** The expression, to complain about. */
export class CronSource {
  readonly expression: string;

  constructor(expression: string) {
    this.expression = expression;
  }

  /** Throws with the place of the first wrong character. */
  fail(position: number, remedy: string): never {
    throw new InvalidScheduleError(
      "cron expression",
      this.expression,
      `${remedy} (at character ${position + 1})`,
      position,
    );
  }
}

const itemShape = /^(\*|\?|([0-9a-z]+)(?:-([0-9a-z]+))?)(?:\/(\d+))?$/i;

/**
 * Reads one field: a list of numbers or names, ranges, steps and special items.
 *
 * @throws {InvalidScheduleError} With the position of the item that is wrong.
 */
export function readField<Special = never>(
  source: CronSource,
  field: FieldText,
  range: FieldRange,
  readSpecial: SpecialReader<Special> = () => undefined,
): CronField<Special> {
  const values = new Set<number>();
  const specials: Special[] = [];
  let isInterval = false;
  let position = field.position;
  for (const item of field.text.split(",")) {
    const special = readSpecial(item);
    if (special !== undefined) specials.push(special);
    else {
      const found = readItem(source, item, position, range);
      for (const value of found) values.add(value);
      isInterval ||= /[*?/-]/.test(item);
    }
    position += item.length + 1;
  }
  return {
    values: [...values].sort((a, b) => a - b),
    isEvery: field.text === "*" || field.text === "?",
    isInterval,
    specials,
  };
}

function readItem(
  source: CronSource,
  item: string,
  position: number,
  range: FieldRange,
): readonly number[] {
  const { label, min, max } = range;
  const match = itemShape.exec(item);
  if (match === null) {
    return source.fail(position, `have a valid ${label}, which ${describeValue(item)} is not`);
  }
  const [, base, lowText, highText, stepText] = match;
  const isStar = base === "*" || base === "?";
  if (base === "?" && !label.startsWith("day")) {
    source.fail(position, `have "?" only in place of a day, not of the ${label}`);
  }
  const low = isStar ? min : readNumber(source, lowText!, position, range);
  const highPosition = position + (lowText?.length ?? 0) + 1;
  let high = isStar ? max : low;
  if (highText !== undefined) high = readNumber(source, highText, highPosition, range);
  else if (stepText !== undefined) high = max;
  let step = 1;
  if (stepText !== undefined) {
    step = Number(stepText);
    const span = max - min;
    if (step < 1 || step > span) {
      const stepPosition = position + item.length - stepText.length;
      source.fail(stepPosition, `have a step from 1 to ${span} in its ${label}, not ${stepText}`);
    }
  }
  // Numbers beyond the field's last one continue from its first: 22-2 is 22, 23, 0, 1, 2; and 5-7
  // is 5, 6, 0.
  const size = max - min + 1;
  if (high < low) high += size;
  const found: number[] = [];
  for (let value = low; value <= high; value += step) found.push((value - min) % size + min);
  return found;
}

function readNumber(
  source: CronSource,
  text: string,
  position: number,
  { label, min, max, maxWritten = max, names }: FieldRange,
): number {
  const named = names?.indexOf(text.toUpperCase()) ?? -1;
  const value = named >= 0 ? named + min : /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= maxWritten) return value;
  const allowed = names === undefined ? "" : ` or ${names[0]} to ${names[names.length - 1]}`;
  return source.fail(
    position,
    `have ${label === "hour" ? "an" : "a"} ${label} from ${min} to ${maxWritten}${allowed}, not ${
      describeValue(text)
    }`,
  );
}

// Reads the fields of a cron expression, one character position at hand for every complaint. What croner cannot read
// (ranges that wrap, steps from a single value) leaves here as plain numbers.

import { describeValue } from "../errors.ts";
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
  /** The largest number that may be written, where it is not the largest one that is read: Sunday is 7, too. @default max */
  readonly maxWritten?: number;
  /** Names for numbers, the first one standing for `min`. */
  readonly names?: readonly string[];
}

/** A field that was read. */
export interface CronField {
  /** Ascending. */
  readonly values: readonly number[];
  /** It is `*` (or `?`) and nothing else. */
  readonly isEvery: boolean;
  /** It has a `*`, a range or a step, rather than single values alone. */
  readonly isInterval: boolean;
  /** Items that only {@linkcode SpecialItem} understood, such as `L` or `MON#1`. */
  readonly specials: readonly string[];
}

/** Understands an item that is neither number, range nor step; undefined if it does not either. */
export type SpecialItem = (item: string) => string | undefined;

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
export function readField(
  source: CronSource,
  field: FieldText,
  range: FieldRange,
  special: SpecialItem = () => undefined,
): CronField {
  const values = new Set<number>();
  const specials: string[] = [];
  let isInterval = false;
  let position = field.position;
  for (const item of field.text.split(",")) {
    const understood = special(item.toUpperCase());
    if (understood !== undefined) specials.push(understood);
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
  // A range that wraps goes on from the field's first number: 22-2 is 22, 23, 0, 1, 2.
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
  const value = named >= 0 ? named + min : /^\d{1,4}$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  const allowed = names === undefined ? "" : ` or ${names[0]} to ${names[names.length - 1]}`;
  return source.fail(
    position,
    `have a ${label} from ${min} to ${maxWritten}${allowed}, not ${describeValue(text)}`,
  );
}

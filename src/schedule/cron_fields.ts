// Parses the fields of a cron expression to sets of numbers. Every error has a character position.

import { describeValue } from "../thrown/describe_value.ts";
import { InvalidScheduleError } from "./errors.ts";

/** A field of an expression before it is parsed. */
export interface FieldText {
  readonly text: string;
  /** The index of the field in the expression. */
  readonly position: number;
}

/** The numbers and names that a field allows. */
export interface FieldRange {
  readonly label: string;
  readonly min: number;
  readonly max: number;
  /**
   * The largest number that may be written. Numbers above `max` continue from `min`: a week has the
   * days 0 to 6, and both 0 and 7 are Sunday.
   * @default max
   */
  readonly maxWritten?: number;
  /** Names for numbers. The first is the name of `min`. */
  readonly names?: readonly string[];
}

/**
 * A parsed field.
 *
 * @typeParam Special The parsed type of an item such as `L`.
 */
export interface CronField<Special = never> {
  /** Ascending. */
  readonly values: readonly number[];
  /** Whether the field is `*` or `?` alone. */
  readonly isEvery: boolean;
  /** Whether the field has a `*`, a range or a step. */
  readonly isInterval: boolean;
  /** The parsed special items, such as `L` or `MON#1`. */
  readonly specials: readonly Special[];
}

/**
 * Parses an item that is neither a number, a range nor a step. Returns undefined for an unknown
 * item.
 */
export type SpecialReader<Special> = (item: string) => Special | undefined;

/** An expression, with the errors about it. */
export class CronSource {
  readonly expression: string;

  constructor(expression: string) {
    this.expression = expression;
  }

  /** Throws an error with the position of the first wrong character. */
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
 * Parses one field: a list of numbers or names, ranges, steps and special items.
 *
 * @throws {InvalidScheduleError} If an item is invalid. The error has the position of the item.
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
  // Numbers beyond the field's maximum continue from its minimum: 22-2 is 22, 23, 0, 1, 2; and 5-7
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

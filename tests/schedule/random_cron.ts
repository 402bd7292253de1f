// Generates random cron expressions with predicates, so that matches are known without parsing.

import fc from "fast-check";
import { day } from "./brute_force.ts";

/** Reports whether an item, a field or an expression matches a wall clock's reading. */
export type Matches = (reading: Date) => boolean;

/** A text and its predicate. */
export interface Said {
  readonly text: string;
  readonly matches: Matches;
}

/** A field of an expression. */
interface FieldShape {
  readonly min: number;
  readonly max: number;
  /** The highest number in an expression if it exceeds `max`: Sunday is both 0 and 7. */
  readonly maxWritten?: number;
  readonly names?: string;
  readonly of: (reading: Date) => number;
  readonly specials?: fc.Arbitrary<Said>;
}

const weekdayNames = "SUN MON TUE WED THU FRI SAT";
const monthNames = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC";

function lengthOfMonth(reading: Date): number {
  return new Date(Date.UTC(reading.getUTCFullYear(), reading.getUTCMonth() + 1, 0)).getUTCDate();
}

/** Returns the working day (Monday to Friday) that is nearest to a date, in the same month. */
function nearestWorkday(reading: Date, date: number): number | undefined {
  const length = lengthOfMonth(reading);
  if (date > length) return undefined;
  const { [0]: found } = [0, -1, 1, -2, 2].map((distance) => date + distance).filter((near) => {
    const weekday = new Date(reading.getTime() + (near - reading.getUTCDate()) * day).getUTCDay();
    return near >= 1 && near <= length && weekday !== 0 && weekday !== 6;
  });
  return found;
}

const specialDates: fc.Arbitrary<Said> = fc.oneof(
  fc.constant<Said>({ text: "L", matches: (at) => at.getUTCDate() === lengthOfMonth(at) }),
  fc.constant<Said>({
    text: "LW",
    matches: (at) => at.getUTCDate() === nearestWorkday(at, lengthOfMonth(at)),
  }),
  fc.integer({ min: 1, max: 30 }).map((before): Said => ({
    text: `L-${before}`,
    matches: (at) => at.getUTCDate() === lengthOfMonth(at) - before,
  })),
  fc.integer({ min: 1, max: 31 }).map((date): Said => ({
    text: `${date}W`,
    matches: (at) => at.getUTCDate() === nearestWorkday(at, date),
  })),
);

const specialWeekdays: fc.Arbitrary<Said> = fc.tuple(
  fc.integer({ min: 0, max: 7 }),
  fc.boolean(),
  fc.integer({ min: 0, max: 5 }),
).map(([weekday, isNamed, nth]): Said => {
  const name = isNamed ? weekdayNames.split(" ")[weekday % 7]! : String(weekday);
  return {
    text: nth === 0 ? `${name}L` : `${name}#${nth}`,
    matches: (at) =>
      at.getUTCDay() === weekday % 7 &&
      (nth === 0
        ? at.getUTCDate() + 7 > lengthOfMonth(at)
        : Math.ceil(at.getUTCDate() / 7) === nth),
  };
});

const shapes = {
  minute: { min: 0, max: 59, of: (at) => at.getUTCMinutes() },
  hour: { min: 0, max: 23, of: (at) => at.getUTCHours() },
  date: { min: 1, max: 31, of: (at) => at.getUTCDate(), specials: specialDates },
  month: { min: 1, max: 12, names: monthNames, of: (at) => at.getUTCMonth() + 1 },
  weekday: {
    min: 0,
    max: 6,
    maxWritten: 7,
    names: weekdayNames,
    of: (at) => at.getUTCDay(),
    specials: specialWeekdays,
  },
} satisfies Record<string, FieldShape>;

/** Generates the spellings of a number: with a leading zero, or by name in any case. */
function written({ min, names }: FieldShape, value: number): fc.Arbitrary<string> {
  const name = names?.split(" ")[value - min];
  const numbers = [String(value), String(value).padStart(2, "0")];
  return fc.constantFrom(...numbers, ...name === undefined ? [] : [name, name.toLowerCase()]);
}

function item(shape: FieldShape): fc.Arbitrary<Said> {
  const { min, max, maxWritten = max, of } = shape;
  const size = max - min + 1;
  const said = (text: string, from: number, to: number, step: number): Said => {
    const values = new Set<number>();
    for (let value = from; value <= to; value += step) values.add((value - min) % size + min);
    return { text, matches: (at) => values.has(of(at)) };
  };
  const number = fc.integer({ min, max: maxWritten });
  const step = fc.integer({ min: 1, max: max - min });
  return fc.oneof(
    number.chain((n) => written(shape, n).map((text) => said(text, n, n, 1))),
    step.map((n) => said(`*/${n}`, min, max, n)),
    fc.tuple(number, step).chain(([n, every]) =>
      // From a number to the end of the field. 7 is the Sunday at the beginning of the week.
      written(shape, n).map((text) => said(`${text}/${every}`, (n - min) % size + min, max, every))
    ),
    fc.tuple(number, number, fc.option(step)).chain(([from, to, every]) =>
      fc.tuple(written(shape, from), written(shape, to)).map(([first, last]) =>
        said(
          `${first}-${last}${every === null ? "" : `/${every}`}`,
          from,
          to < from ? to + size : to,
          every ?? 1,
        )
      )
    ),
    ...shape.specials === undefined ? [] : [shape.specials],
  );
}

function field(shape: FieldShape, star: number): fc.Arbitrary<Said & { readonly isStar: boolean }> {
  const items = fc.array(item(shape), { minLength: 1, maxLength: 3 });
  return fc.oneof(
    { weight: star, arbitrary: fc.constant({ text: "*", matches: () => true, isStar: true }) },
    {
      weight: 2,
      arbitrary: items.map((list) => ({
        text: list.map(({ text }) => text).join(","),
        matches: (at: Date) => list.some(({ matches }) => matches(at)),
        isStar: false,
      })),
    },
  );
}

/** A random expression with its predicate. */
export interface RandomCron extends Said {
  readonly dayMatch: "either" | "both";
  /** Whether it is an interval, that is, its minute or hour has a `*`, a range or a step. */
  readonly isInterval: boolean;
}

/** Generates expressions with five fields in all forms. With `daysAlone` they run at midnight. */
export function randomCron({ daysAlone = false } = {}): fc.Arbitrary<RandomCron> {
  const midnight = (shape: FieldShape) =>
    fc.constant({ text: "0", matches: (at: Date) => shape.of(at) === 0, isStar: false });
  return fc.record({
    minute: daysAlone ? midnight(shapes.minute) : field(shapes.minute, 1),
    hour: daysAlone ? midnight(shapes.hour) : field(shapes.hour, 1),
    date: field(shapes.date, 2),
    month: field(shapes.month, 4),
    weekday: field(shapes.weekday, 2),
    dayMatch: fc.constantFrom("either" as const, "both" as const),
  }).map(({ minute, hour, date, month, weekday, dayMatch }): RandomCron => {
    const isEither = dayMatch === "either" && !date.isStar && !weekday.isStar;
    return {
      text: [minute, hour, date, month, weekday].map(({ text }) => text).join(" "),
      dayMatch,
      isInterval: /[*/-]/.test(minute.text + hour.text),
      matches: (at) =>
        minute.matches(at) && hour.matches(at) && month.matches(at) &&
        (isEither
          ? date.matches(at) || weekday.matches(at)
          : date.matches(at) && weekday.matches(at)),
    };
  });
}

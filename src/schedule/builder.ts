// The fluent builder: `r.every(2).days().atTime("09:00").inTimeZone("Europe/Rome")`. Every step is a new, immutable object
// around a complete recurrence, checked by parseRecurrence right in the step that a mistake is made in.

import { type Duration, toMilliseconds } from "../time/duration.ts";
import { type Instant, toEpochMilliseconds } from "../time/instant.ts";
import type {
  BuiltRecurrence,
  CronBuilderOptions,
  DayBuilder,
  FirstRunBuilder,
  HourBuilder,
  HoursBuilder,
  MinuteBuilder,
  MonthBuilder,
  RecurringBuilder,
  RhythmBuilder,
  UnitBuilder,
  WeekBuilder,
} from "./builder_stages.ts";
import { integer } from "./checks.ts";
import { describeRecurrence } from "./describe_recurrence.ts";
import { InvalidScheduleError } from "./errors.ts";
import {
  type MisfirePolicy,
  parseRecurrence,
  type Recurrence,
  type RecurrenceStart,
  type Weekday,
} from "./recurrence.ts";
import { formatTimeOfDay } from "./time_text.ts";

/**
 * Builds a schedule.
 *
 * @param configure Gets the builder and returns the schedule that it built.
 * @throws {InvalidScheduleError} If a value is out of range, or nothing was built.
 *
 * @example
 * ```ts
 * import { buildRecurrence } from "@evertask/evertask";
 *
 * const recurrence = buildRecurrence((r) => r.every(2).days().atTime("09:00").maxRuns(10));
 * ```
 */
export function buildRecurrence(
  configure: (r: RecurringBuilder) => BuiltRecurrence,
): Recurrence {
  const built: unknown = configure(new RecurringStart());
  if (built instanceof Built) return built.toRecurrence();
  throw new InvalidScheduleError(
    "recurring",
    built,
    "return the schedule that it built, such as (r) => r.every(5).minutes()",
  );
}

/** All the ways to say a schedule: with the builder, as data, or as a cron expression. */
export type RecurringInput = ((r: RecurringBuilder) => BuiltRecurrence) | Recurrence | string;

/**
 * Turns what a user passed as a schedule into checked data.
 *
 * @throws {InvalidScheduleError} If it is no valid schedule.
 */
export function toRecurrence(input: RecurringInput): Recurrence {
  if (typeof input === "function") return buildRecurrence(input);
  return parseRecurrence(
    typeof input === "string" ? { kind: "cron", expression: input } : input,
  );
}

/** A recurrence as an object literal whose kind is not settled: parseRecurrence settles it. */
type Draft = Readonly<Record<string, unknown>>;

class Rhythm implements RhythmBuilder {
  readonly #start: RecurrenceStart | undefined;

  constructor(start?: RecurrenceStart) {
    this.#start = start;
  }

  every(count: number): UnitBuilder {
    const every = integer(1, 100_000_000)(count, "every");
    const draft = (kind: "interval" | "calendar", unit: string) =>
      this.#draft({ kind, every, unit });
    return {
      seconds: () => new Built(draft("interval", "seconds")),
      minutes: () => new Minutes(draft("interval", "minutes")),
      hours: () => new Hours(draft("interval", "hours")),
      days: () => new Days(draft("calendar", "days")),
      weeks: () => new Weeks(draft("calendar", "weeks")),
      months: () => new Months(draft("calendar", "months")),
    };
  }

  everySecond(): BuiltRecurrence {
    return this.every(1).seconds();
  }

  everyMinute(): MinuteBuilder {
    return this.every(1).minutes();
  }

  everyHour(): HourBuilder {
    return this.every(1).hours();
  }

  everyDay(): DayBuilder {
    return this.every(1).days();
  }

  everyWeek(): WeekBuilder {
    return this.every(1).weeks();
  }

  everyMonth(): MonthBuilder {
    return this.every(1).months();
  }

  onHours(...hours: number[]): HoursBuilder {
    const checked = hours.map((hour, index) => integer(0, 23)(hour, `onHours[${index}]`));
    return new ListedHours(this.#draft({ kind: "calendar", every: 1, unit: "days" }), checked);
  }

  onDays(...weekdays: [Weekday, ...Weekday[]]): DayBuilder {
    return this.everyWeek().onDays(...weekdays);
  }

  onMonths(...months: number[]): MonthBuilder {
    return new Months(this.#draft({ kind: "calendar", every: 1, unit: "months", months }));
  }

  cron(expression: string, options: CronBuilderOptions = {}): BuiltRecurrence {
    return new Built(this.#draft({ ...options, kind: "cron", expression }));
  }

  #draft(rhythm: Draft): Draft {
    return { ...rhythm, start: this.#start };
  }
}

class RecurringStart extends Rhythm implements RecurringBuilder {
  schedule(): RhythmBuilder {
    return new Rhythm();
  }

  runNow(): FirstRunBuilder {
    return startingWith({ mode: "runNow" });
  }

  runDelayed(delay: Duration): FirstRunBuilder {
    return startingWith({ mode: "runDelayed", delayMs: toMilliseconds(delay, "runDelayed") });
  }

  runAt(instant: Instant): FirstRunBuilder {
    return startingWith({ mode: "runAt", at: toEpochMilliseconds(instant, "runAt") });
  }
}

function startingWith(start: RecurrenceStart): FirstRunBuilder {
  return { andThen: () => new Rhythm(start) };
}

class Built implements BuiltRecurrence {
  readonly #recurrence: Recurrence;

  constructor(draft: Draft) {
    this.#recurrence = parseRecurrence(draft);
  }

  inTimeZone(name: string): BuiltRecurrence {
    return new Built(this.with({ timeZone: name }));
  }

  runUntil(instant: Instant): BuiltRecurrence {
    return new Built(this.with({ runUntil: toEpochMilliseconds(instant, "runUntil") }));
  }

  maxRuns(count: number): BuiltRecurrence {
    return new Built(this.with({ maxRuns: count }));
  }

  onMisfire(policy: MisfirePolicy): BuiltRecurrence {
    return new Built(this.with({ misfire: policy }));
  }

  toRecurrence(): Recurrence {
    return this.#recurrence;
  }

  toString(): string {
    return describeRecurrence(this.#recurrence);
  }

  protected with(more: Draft): Draft {
    return { ...this.#recurrence, ...more };
  }
}

class Minutes extends Built implements MinuteBuilder {
  atSecond(second: number): BuiltRecurrence {
    return new Built(this.with({ second }));
  }
}

class Hours extends Minutes implements HourBuilder {
  atMinute(minute: number): MinuteBuilder {
    return new Minutes(this.with({ minute }));
  }
}

class ListedHours extends Built implements HoursBuilder {
  readonly #hours: readonly number[];

  constructor(draft: Draft, hours: readonly number[]) {
    super({ ...draft, times: timesAt(hours, 0, 0) });
    this.#hours = hours;
  }

  atMinute(minute: number): MinuteBuilder {
    return new ListedHoursMinute(this.with({}), this.#hours, minute);
  }
}

class ListedHoursMinute extends Built implements MinuteBuilder {
  readonly #hours: readonly number[];
  readonly #minute: number;

  constructor(draft: Draft, hours: readonly number[], minute: number) {
    super({ ...draft, times: timesAt(hours, integer(0, 59)(minute, "minute"), 0) });
    this.#hours = hours;
    this.#minute = minute;
  }

  atSecond(second: number): BuiltRecurrence {
    const checked = integer(0, 59)(second, "second");
    return new Built(this.with({ times: timesAt(this.#hours, this.#minute, checked) }));
  }
}

function timesAt(hours: readonly number[], minute: number, second: number): readonly string[] {
  return hours.map((hour) => formatTimeOfDay(hour, minute, second));
}

class Days extends Built implements DayBuilder {
  atTime(time: string): BuiltRecurrence {
    return this.atTimes(time);
  }

  atTimes(...times: string[]): BuiltRecurrence {
    return new Built(this.with({ times }));
  }
}

class Weeks extends Days implements WeekBuilder {
  onDay(weekday: Weekday): DayBuilder {
    return this.onDays(weekday);
  }

  onDays(...weekdays: Weekday[]): DayBuilder {
    return new Days(this.with({ weekdays }));
  }

  onWeekdays(): DayBuilder {
    return this.onDays("Monday", "Tuesday", "Wednesday", "Thursday", "Friday");
  }

  onWeekends(): DayBuilder {
    return this.onDays("Saturday", "Sunday");
  }
}

class Months extends Days implements MonthBuilder {
  onDay(day: number): DayBuilder {
    return this.onDays(day);
  }

  onDays(...days: number[]): DayBuilder {
    return new Days(this.with({ monthDays: days }));
  }

  onFirst(weekday: Weekday): DayBuilder {
    return this.onNth(1, weekday);
  }

  onLast(weekday: Weekday): DayBuilder {
    return new Days(this.with({ monthWeekday: { nth: "last", weekday } }));
  }

  onNth(nth: 1 | 2 | 3 | 4 | 5, weekday: Weekday): DayBuilder {
    return new Days(this.with({ monthWeekday: { nth, weekday } }));
  }

  onFirstWeekday(): DayBuilder {
    return new Days(this.with({ workday: "first" }));
  }

  onLastWeekday(): DayBuilder {
    return new Days(this.with({ workday: "last" }));
  }
}

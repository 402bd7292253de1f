// The steps of the fluent builder with a complete schedule, which can still be refined.

import { type Instant, toEpochMilliseconds } from "../time/instant.ts";
import type {
  BuiltRecurrence,
  DayBuilder,
  HourBuilder,
  HoursBuilder,
  MinuteBuilder,
  MonthBuilder,
  WeekBuilder,
} from "./builder_stages.ts";
import { integer } from "./checks.ts";
import { describeRecurrence } from "./describe_recurrence.ts";
import { InvalidScheduleError } from "./errors.ts";
import {
  type MisfirePolicy,
  parseRecurrence,
  type Recurrence,
  type Weekday,
} from "./recurrence.ts";
import { formatTimeOfDay } from "./time_text.ts";

/** A recurrence as an unchecked object literal, to be passed to parseRecurrence. */
export type Draft = Readonly<Record<string, unknown>>;

/** A complete schedule. */
export class Built implements BuiltRecurrence {
  readonly missing = "nothing";
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
    for (const [name, value] of Object.entries(more)) {
      // In data, undefined means absent. As an argument of a step, it is a mistake.
      if (value === undefined) throw new InvalidScheduleError(name, value, "be given");
    }
    return { ...this.#recurrence, ...more };
  }
}

/** The step after `minutes()`. */
export class Minutes extends Built implements MinuteBuilder {
  atSecond(second: number): BuiltRecurrence {
    return new Built(this.with({ second }));
  }
}

/** The step after `hours()`. */
export class Hours extends Minutes implements HourBuilder {
  atMinute(minute: number): MinuteBuilder {
    return new Minutes(this.with({ minute }));
  }
}

/** The step after `onHours(…)`. */
export class ListedHours extends Built implements HoursBuilder {
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

/** The step after `days()`, and after the choice of days. */
export class Days extends Built implements DayBuilder {
  atTime(time: string): BuiltRecurrence {
    return this.atTimes(time);
  }

  atTimes(...times: string[]): BuiltRecurrence {
    return new Built(this.with({ times }));
  }
}

/** The step after `weeks()`. */
export class Weeks extends Days implements WeekBuilder {
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

/** The step after `months()`. */
export class Months extends Days implements MonthBuilder {
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

// The fluent builder: `r.every(2).days().atTime("09:00").inTimeZone("Europe/Rome")`. Every step is
// a new, immutable object with a complete recurrence. parseRecurrence checks it in each step, so
// that a mistake throws in the step that makes it.

import { checkOptions } from "../guards/argument_checks.ts";
import { answerAtOnce } from "../guards/calls.ts";
import { type Duration, toMilliseconds } from "../time/duration.ts";
import { type Instant, toEpochMilliseconds } from "../time/instant.ts";
import type {
  BuiltRecurrence,
  CompleteSchedule,
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
import {
  Built,
  Days,
  type Draft,
  Hours,
  ListedHours,
  Minutes,
  Months,
  Weeks,
} from "./built_recurrence.ts";
import { integer } from "./checks.ts";
import { InvalidScheduleError } from "./errors.ts";
import {
  parseRecurrence,
  type Recurrence,
  type RecurrenceStart,
  type Weekday,
} from "./recurrence.ts";

/**
 * Builds a schedule.
 *
 * @param configure Gets the builder and returns the schedule.
 * @throws {InvalidScheduleError} If a value is out of range, or nothing was built.
 *
 * @example
 * ```ts
 * import { buildRecurrence } from "@evertask/evertask/schedule";
 *
 * const recurrence = buildRecurrence((r) => r.every(2).days().atTime("09:00").maxRuns(10));
 * ```
 */
export function buildRecurrence(
  configure: (r: RecurringBuilder) => CompleteSchedule,
): Recurrence {
  if (typeof configure !== "function") {
    const remedy = "be a function of the builder, such as (r) => r.every(5).minutes()";
    throw new InvalidScheduleError("recurring", configure, remedy);
  }
  const built: unknown = answerAtOnce(configure(new RecurringStart()), "recurring");
  if (built instanceof Built) return built.toRecurrence();
  throw new InvalidScheduleError(
    "recurring",
    built,
    "return the schedule that it built, such as (r) => r.every(5).minutes()",
  );
}

/** A schedule as a function of the builder, as data, or as a cron expression. */
export type RecurringInput = ((r: RecurringBuilder) => CompleteSchedule) | Recurrence | string;

/**
 * Converts a schedule to checked data.
 *
 * @throws {InvalidScheduleError} If `input` is not a valid schedule.
 */
export function toRecurrence(input: RecurringInput): Recurrence {
  if (typeof input === "function") return buildRecurrence(input);
  return parseRecurrence(
    typeof input === "string" ? { kind: "cron", expression: input } : input,
  );
}

class Rhythm implements RhythmBuilder {
  readonly missing = "a rhythm, as in everyDay()";
  readonly #start: RecurrenceStart | undefined;

  constructor(start?: RecurrenceStart) {
    this.#start = start;
  }

  every(count: number): UnitBuilder {
    const every = integer(1, 100_000_000)(count, "every");
    const draft = (kind: "interval" | "calendar", unit: string) =>
      this.#draft({ kind, every, unit });
    return {
      missing: "a unit, as in every(5).minutes()",
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
    checkOptions(options, { dayMatch: true }, "options");
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
  return {
    missing: "a rhythm, as in runNow().andThen().everyDay()",
    andThen: () => new Rhythm(start),
  };
}

// The runs of a schedule in its time zone, and the changes of that zone's clock between them.

/** A run of a schedule. */
export interface ZonedRun {
  readonly at: string;
  /** The date and the time in the zone. */
  readonly text: string;
  /** The offset of the zone from UTC, such as `GMT+02:00`. */
  readonly offset: string;
  /** The offset at the previous run, if it differs from this run's offset; otherwise null. */
  readonly offsetBefore: string | null;
}

/** Returns the time zone of a schedule: UTC unless its JSON names another one. */
export function zoneOf(schedule: string): string {
  try {
    const { timeZone = "UTC" } = JSON.parse(schedule);
    return new Intl.DateTimeFormat("en", { timeZone }).resolvedOptions().timeZone;
  } catch {
    return "UTC"; // a cron expression, or an unreadable schedule
  }
}

/**
 * Returns runs with their times in a zone.
 *
 * @param from The first run's offset is compared with the offset at this instant, in epoch
 * milliseconds.
 */
export function zonedRuns(runs: readonly string[], timeZone: string, from: number): ZonedRun[] {
  const offsets = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" });
  const weekdays = new Intl.DateTimeFormat("en", { timeZone, weekday: "short" });
  const instants = new Intl.DateTimeFormat("sv-SE", {
    timeZone,
    dateStyle: "short",
    timeStyle: "medium",
  });
  let before = offsetAt(from, offsets);
  return runs.map((at) => {
    const date = new Date(at);
    const offset = offsetAt(date, offsets);
    const offsetBefore = offset === before ? null : before;
    before = offset;
    const text = `${weekdays.format(date)} ${instants.format(date)}`;
    return { at, text, offset, offsetBefore };
  });
}

function offsetAt(date: Date | number, offsets: Intl.DateTimeFormat): string {
  return offsets.formatToParts(date).find(({ type }) => type === "timeZoneName")!.value;
}

// Runs of recurring tasks as check-ins of Sentry's cron monitors: started, finished well, finished
// badly. That a run was missed is for Sentry to find, from the schedule that goes with the
// check-ins: it takes no `missed` from clients
// (https://github.com/getsentry/relay/blob/master/relay-monitors/src/lib.rs).
// https://develop.sentry.dev/sdk/telemetry/check-ins/

import type { OptionNames } from "../../../guards/option_names.ts";
import { answerAtOnce } from "../../../guards/calls.ts";
import { checkCount, checkFunction, checkMethods } from "../../../guards/argument_checks.ts";
import type { TaskEvent } from "../../../events/task_event.ts";
import { parseRecurrence } from "../../../schedule/recurrence.ts";
import type { SeriesRecord } from "../../../storage/records.ts";
import { type AlertChannel, AlertDeliveryError } from "../alert.ts";
import { type SentryOptions, sentryTransport, traceContexts } from "./sentry_envelope.ts";
import { type SentrySchedule, sentrySchedule } from "./sentry_schedule.ts";
import { sentrySlug } from "./sentry_slug.ts";

/** What can be asked for a task's schedule; every `EverTask` can. */
export interface SeriesOrigin {
  /** A task, or null. */
  get(taskId: string): Promise<{ readonly series: Pick<SeriesRecord, "schedule"> | null } | null>;
}

/** Options of {@linkcode sentryCronsChannel}. */
export interface SentryCronsOptions extends SentryOptions {
  /**
   * The instance whose schedules are sent to Sentry, so that Sentry creates the monitors and
   * notices missed runs. Without it, create the monitors in Sentry.
   */
  readonly everTask?: SeriesOrigin;
  /**
   * By how many minutes a run may be late before Sentry calls it missed.
   * @default 5
   */
  readonly checkInMargin?: number;
  /**
   * After how many minutes Sentry calls a run that has not ended timed out.
   * @default 30
   */
  readonly maxRuntime?: number;
  /**
   * The monitor's name in Sentry, which has letters of ASCII, digits, `-` and `_`, 50 at most. What
   * does not fit is replaced by a hash of the name, so that two names are never one monitor.
   * @default the task key, or else the task's type
   */
  readonly monitorOf?: (event: TaskEvent) => string;
}

interface MonitorConfig {
  readonly schedule: SentrySchedule;
  readonly checkin_margin: number;
  readonly max_runtime: number;
  readonly timezone: string;
}

/**
 * Means "the run in progress": Sentry finds it, or begins one. A series never overlaps itself, so
 * that this is always the right one, even if another process continues a run whose worker was
 * stopped or lost.
 */
const runInProgress = "0".repeat(32);

const minuteOptions = ["checkInMargin", "maxRuntime"] as const;

const ownNames: OptionNames<Omit<SentryCronsOptions, keyof SentryOptions>> = {
  everTask: true,
  checkInMargin: true,
  maxRuntime: true,
  monitorOf: true,
};

/**
 * Tells Sentry's cron monitors of the runs of recurring tasks. Other tasks are left out.
 *
 * @throws {InvalidArgumentError} If the DSN is none, or an option has a value that cannot be used.
 */
export function sentryCronsChannel(options: SentryCronsOptions): AlertChannel {
  const sendEnvelope = sentryTransport(options, ownNames);
  const { environment = "production", release, everTask } = options;
  const { monitorOf = ({ taskKey, taskType }) => taskKey ?? taskType } = options;
  if (everTask !== undefined) {
    checkMethods(everTask, ["get"], "everTask", "be an instance that createEverTask made");
  }
  for (const name of minuteOptions) {
    if (options[name] !== undefined) checkCount(options[name], name);
  }
  checkFunction(monitorOf, "monitorOf");

  /**
   * Looked up at each start: a series can be given another schedule while it lives. A storage that
   * is out of reach, or closed already, keeps no check-in from going out: the monitor has its
   * schedule from the run before.
   */
  async function configOf(taskId: string): Promise<MonitorConfig | null> {
    try {
      const series = (await everTask?.get(taskId))?.series;
      return series ? monitorConfig(series, options) : null;
    } catch {
      return null;
    }
  }

  /** An event without a name is lost: it will have none later, and others wait behind it. */
  function slugOf(event: TaskEvent): string {
    let problem: ErrorOptions = {};
    try {
      const name: unknown = answerAtOnce(monitorOf(event), "monitorOf");
      if (typeof name === "string" && name !== "") return sentrySlug(name);
    } catch (error) {
      problem = { cause: error };
    }
    const message = `The option monitorOf has given no name to an event of ${event.taskType}`;
    throw new AlertDeliveryError(message, { ...problem, permanent: true });
  }

  return {
    name: "Sentry Crons",
    defaults: {
      severity: "Information",
      kinds: ["started", "completed", "failed", "cancelled"],
      filter: (event) => statusOf(event) !== null,
      repeatAfter: 0,
      maxPerMinute: Infinity,
    },
    // A run that ends before it has begun begins another one, which then never ends.
    inOrder: true,
    async send([alert], signal) {
      if (!alert) return;
      const { event } = alert;
      const { durationMs } = event;
      const status = statusOf(event);
      if (status === null) return;
      const config = status === "in_progress" ? await configOf(event.taskId) : null;
      const payload = {
        check_in_id: runInProgress,
        monitor_slug: slugOf(event),
        status,
        ...(durationMs !== null ? { duration: durationMs / 1000 } : {}),
        environment,
        ...(release === undefined ? {} : { release }),
        ...(config === null ? {} : { monitor_config: config }),
        ...traceContexts(event.traceContext),
      };
      await sendEnvelope({}, { type: "check_in", payload }, signal);
    },
  };
}

/**
 * What Sentry calls the state of the run; null when the event begins and ends no run of a series.
 */
function statusOf(event: TaskEvent): "in_progress" | "ok" | "error" | null {
  if (!event.recurring) return null;
  switch (event.kind) {
    case "started": // further attempts belong to a run that has started already
      return event.attempt <= 1 ? "in_progress" : null;
    case "completed":
      return "ok";
    case "failed":
      return "error";
    case "cancelled": // at rest, there is no run to end
      return event.durationMs === null ? null : "error";
    default:
      return null;
  }
}

function monitorConfig(
  series: Pick<SeriesRecord, "schedule">,
  options: SentryCronsOptions,
): MonitorConfig | null {
  const recurrence = parseRecurrence(JSON.parse(series.schedule));
  const schedule = sentrySchedule(recurrence);
  return schedule && {
    schedule,
    checkin_margin: options.checkInMargin ?? 5,
    max_runtime: options.maxRuntime ?? 30,
    timezone: recurrence.timeZone ?? "UTC",
  };
}

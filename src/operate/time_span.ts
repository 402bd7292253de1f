// Reads the options of a span of time in steps, for activity and failures.

import { checkChoice } from "../guards/argument_checks.ts";
import { InvalidArgumentError } from "../guards/errors.ts";
import { type Instant, toEpochMilliseconds } from "../time/instant.ts";

/** The options of a span in steps. */
export interface TimeSpanOptions<Step extends string> {
  /** The beginning of the span. @default 60 steps before its end */
  readonly from?: Instant;
  /** The end of the span, exclusive. @default now */
  readonly to?: Instant;
  /** The length of a step. */
  readonly step: Step;
}

/** A span in steps, in epoch milliseconds. */
export interface TimeSpan {
  readonly from: number;
  readonly to: number;
  readonly stepMs: number;
}

const lengths = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

/** The name of the length of a step. */
export type StepName = keyof typeof lengths;

const defaultSteps = 60;

/**
 * Reads a span.
 *
 * @param now The default end.
 * @param steps The lengths to choose from, and the maximum number of steps.
 * @throws {InvalidArgumentError} If an option is invalid, or the span has too many steps.
 */
export function parseTimeSpan<Step extends StepName>(
  options: TimeSpanOptions<Step>,
  now: number,
  steps: { readonly names: readonly Step[]; readonly most: number },
): TimeSpan {
  const { step } = options;
  checkChoice(step, steps.names, "step");
  const stepMs = lengths[step];
  const to = options.to === undefined ? now : toEpochMilliseconds(options.to, "to");
  const from = options.from === undefined
    ? to - defaultSteps * stepMs
    : toEpochMilliseconds(options.from, "from");
  if (to - from <= steps.most * stepMs) return { from, to, stepMs };
  const remedy = `be at most ${steps.most} steps of a ${step} before \`to\`: choose a longer step`;
  throw new InvalidArgumentError("from", new Date(from), remedy);
}

// The spans of time over which a page sums up activity. The span is a parameter of the URL.

import { now } from "./now.ts";
import { parameters } from "./router.ts";

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];

/** A span that ends now, in steps. */
export interface Span {
  readonly name: string;
  /** The step that is requested. */
  readonly step: "minute" | "hour" | "day";
  /** The length of a step that is shown: one or several of those that are requested. */
  readonly stepMs: number;
  /** The number of steps, including the step that has not ended yet. */
  readonly steps: number;
}

const quarter: Span = { name: "15 m", step: "minute", stepMs: minute, steps: 15 };
const oneHour: Span = { name: "1 h", step: "minute", stepMs: minute, steps: 60 };
const oneDay: Span = { name: "24 h", step: "hour", stepMs: hour, steps: 24 };
const week: Span = { name: "7 d", step: "hour", stepMs: hour, steps: 7 * 24 };

/** The spans that a page offers. */
export interface SpanChoice {
  readonly spans: readonly Span[];
  /** The span if the URL has none. */
  readonly byDefault: Span;
}

/** The spans of activity. */
export const activitySpans: SpanChoice = {
  spans: [quarter, oneHour, oneDay, week],
  byDefault: oneHour,
};

/** The spans of groups of failures, which are counted by hour. Their charts have few bars. */
export const failureSpans: SpanChoice = {
  spans: [
    oneDay,
    { ...week, stepMs: 6 * hour, steps: 7 * 4 },
    { name: "30 d", step: "day", stepMs: day, steps: 30 },
  ],
  byDefault: oneDay,
};

/** Returns the span that the URL chooses. */
export function chosenSpan({ spans, byDefault }: SpanChoice): Span {
  const name = parameters.value.get("span");
  return spans.find((span) => span.name === name) ?? byDefault;
}

/** Returns the beginning of the span's first step, in epoch milliseconds. */
export function beginOf({ stepMs, steps }: Span): number {
  return Math.floor(now.value / stepMs) * stepMs - (steps - 1) * stepMs;
}

// The spans of time over which a page sums up activity. The span is a parameter of the URL.

import { now } from "./now.ts";
import { parameters } from "./router.ts";

const [minute, hour] = [60_000, 3_600_000];

/** A span that ends now, in steps. */
export interface Span {
  readonly name: string;
  readonly step: "minute" | "hour";
  readonly stepMs: number;
  /** The number of steps, including the step that has not ended yet. */
  readonly steps: number;
}

/** The spans to choose from. */
export const spans: readonly Span[] = [
  { name: "15 m", step: "minute", stepMs: minute, steps: 15 },
  { name: "1 h", step: "minute", stepMs: minute, steps: 60 },
  { name: "24 h", step: "hour", stepMs: hour, steps: 24 },
  { name: "7 d", step: "hour", stepMs: hour, steps: 7 * 24 },
];

/** The span of pages whose URL has none. */
export const defaultSpan = spans[1]!;

/** Returns the span that the URL chooses. */
export function chosenSpan(): Span {
  const name = parameters.value.get("span");
  return spans.find((span) => span.name === name) ?? defaultSpan;
}

/** Returns the beginning of the span's first step, in epoch milliseconds. */
export function beginOf({ stepMs, steps }: Span): number {
  return Math.floor(now.value / stepMs) * stepMs - (steps - 1) * stepMs;
}

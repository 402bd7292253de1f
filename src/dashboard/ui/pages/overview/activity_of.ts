// The activity of the chosen span, for the parts of the overview.

import { type Counts, fillSteps, type Step } from "../../activity.ts";
import type { Activity } from "../../answers.ts";
import { useResource } from "../../resource.ts";
import { activitySpans, beginOf, chosenSpan, type Span } from "../../spans.ts";

/** The number of steps that the API returns for a request without `from`. */
const defaultSteps = 60;

/** The activity of a span. */
export interface SpanActivity {
  readonly span: Span;
  /** The steps with activity. */
  readonly items: readonly Step[];
  /** The counts of all steps. */
  readonly counts: readonly Counts[];
  /** The sums. */
  readonly completed: number;
  readonly failed: number;
}

/** Returns the activity of the chosen span; null until it is loaded. */
export function useActivity(): { readonly data: SpanActivity | null; readonly error: unknown } {
  const span = chosenSpan(activitySpans);
  const from = beginOf(span);
  const query = new URLSearchParams({
    step: span.step,
    // Leave out `from` where possible: it changes with each step, and a new route has no data yet.
    ...span.steps > defaultSteps && { from: new Date(from).toISOString() },
  });
  const { data, error } = useResource<Activity>(`activity?${query}`, {
    changesWith: ({ kind }) => ends.has(kind),
    everyMs: 5_000, // workers report with their heartbeats
  });
  if (data === null) return { data: null, error };
  const items = data.items.filter(({ at }) => Date.parse(at) >= from);
  const counts = fillSteps(items, { from, ...span });
  const sum = (name: "completed" | "failed") =>
    counts.reduce((sum, counts) => sum + counts[name], 0);
  return {
    data: { span, items, counts, completed: sum("completed"), failed: sum("failed") },
    error,
  };
}

const ends = new Set(["completed", "failed", "cancelled"]);

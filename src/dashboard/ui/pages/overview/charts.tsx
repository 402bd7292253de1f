// The charts of the overview: ended tasks by time, and durations.

import { boundOf, type Counts, type Durations, percentile, sumDurations } from "../../activity.ts";
import { duration, hourAndMinute, integer, weekday } from "../../format.ts";
import { type Bar, BarChart } from "../../parts/bar_chart.tsx";
import { Card } from "../../parts/card.tsx";
import { Empty, Loaded } from "../../parts/loaded.tsx";
import { pageUrl } from "../../router.ts";
import type { Span } from "../../spans.ts";
import { overviewTexts as texts } from "../../texts.ts";
import { useActivity } from "./activity_of.ts";

/** A card with the ended tasks by time. */
export function Throughput() {
  return (
    <Card title={texts.throughput} aside={<Legend />}>
      <Loaded from={useActivity()}>
        {({ span, counts, completed, failed }) =>
          completed + failed === 0
            ? <Empty title={texts.noActivity(span.name)} help={texts.noActivityHelp} />
            : (
              <BarChart
                title={texts.throughput}
                looks={["fill-good", "fill-bad"]}
                bars={counts.map((step) => barOf(step, span))}
                labels={6}
              />
            )}
      </Loaded>
    </Card>
  );
}

function Legend() {
  return (
    <ul class="legend">
      <li class="fill-good">{texts.completed}</li>
      <li class="fill-bad">{texts.failed}</li>
    </ul>
  );
}

function barOf({ at, completed, failed }: Counts, { stepMs, steps }: Span): Bar {
  const time = hourAndMinute(at);
  const day = weekday(at);
  const isLong = steps * stepMs > 86_400_000;
  const when = isLong ? `${day}, ${time}` : time;
  return {
    label: isLong ? day : time,
    parts: [completed, failed],
    text: texts.reading(when, integer(completed), integer(failed)),
    href: pageUrl("tasks", {
      status: ["Completed", "Failed"],
      executedFrom: new Date(at).toISOString(),
      executedBefore: new Date(at + stepMs).toISOString(),
    }),
  };
}

/** A card with the waiting and run times. */
export function Latency() {
  return (
    <Card title={texts.latency}>
      <Loaded from={useActivity()}>
        {({ items, span }) => {
          const wait = sumDurations(items.map(({ wait }) => wait));
          const run = sumDurations(items.map(({ run }) => run));
          return percentile(wait, 1) === null && percentile(run, 1) === null
            ? <Empty title={texts.noActivity(span.name)} />
            : (
              <div class="latencies">
                <DurationChart title={texts.waitTime} durations={wait} look="fill-run" />
                <DurationChart title={texts.runTime} durations={run} look="fill-good" />
              </div>
            );
        }}
      </Loaded>
    </Card>
  );
}

function DurationChart({ title, durations, look }: {
  readonly title: string;
  readonly durations: Durations;
  readonly look: string;
}) {
  const { histogram, maxMs } = durations;
  const last = histogram.findLastIndex((count) => count > 0);
  const text = (share: number) => {
    const ms = percentile(durations, share);
    return ms === null ? texts.none : texts.upTo(duration(Math.max(1, ms)));
  };
  return (
    <div>
      <p>
        <strong>{title}</strong>{" "}
        <span class="faint">{texts.percentiles(text(0.5), text(0.95), duration(maxMs))}</span>
      </p>
      <BarChart
        title={title}
        looks={[look]}
        bars={histogram.slice(0, Math.max(4, last + 1)).map((count, bucket) => ({
          label: duration(4 ** bucket),
          parts: [count],
          text: texts.durationReading(
            integer(count),
            duration(bucket === last ? boundOf(durations, bucket) : 4 ** bucket),
          ),
        }))}
        labels={6}
      />
    </div>
  );
}

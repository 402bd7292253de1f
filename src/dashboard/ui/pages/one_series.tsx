// The page of a series: its schedule, its next and its last runs.

import { SeriesActions } from "../actions/series_actions.tsx";
import type { NextRuns, Runs, Task } from "../answers.ts";
import { ProblemError } from "../client.ts";
import { zoneOf } from "../clock_changes.ts";
import { duration, integer } from "../format.ts";
import { Card } from "../parts/card.tsx";
import { Fact } from "../parts/fact.tsx";
import { Instant } from "../parts/instant.tsx";
import { JsonView } from "../parts/json_view.tsx";
import { Empty, Loaded } from "../parts/loaded.tsx";
import { RunList } from "../parts/run_list.tsx";
import { Mark, Status } from "../parts/status.tsx";
import { QueueLink, TaskLink, TypeLink } from "../parts/task_link.tsx";
import { Text } from "../parts/text.tsx";
import { useResource } from "../resource.ts";
import { seriesTexts, texts } from "../texts.ts";

/** The page. */
export function OneSeriesPage({ id }: { readonly id: string }) {
  const task = useResource<Task>(`tasks/${encodeURIComponent(id)}`);
  const isMissing = task.error instanceof ProblemError && task.error.status === 404;
  if (isMissing || task.data !== null && task.data.series === null) {
    return <Empty title={seriesTexts.notFound} help={id} />;
  }
  return <Loaded from={task}>{(task) => <OneSeries task={task} series={task.series!} />}</Loaded>;
}

type Series = NonNullable<Task["series"]>;

function OneSeries({ task, series }: { readonly task: Task; readonly series: Series }) {
  const zone = zoneOf(series.schedule);
  return (
    <>
      <section class="card why">
        <h2>
          <Text>{series.info}</Text>{" "}
          {series.paused ? <Mark look="off">{texts.paused}</Mark> : <Status status={task.status} />}
        </h2>
        {series.unreadable !== undefined && (
          <p class="bad">
            <Text>{series.unreadable}</Text>
          </p>
        )}
        <SeriesActions task={task} />
      </section>
      <div class="columns wide-first">
        <div>
          <Card title={texts.nextRuns} aside={zone}>
            <Next id={task.id} zone={zone} />
          </Card>
          <LastRuns id={task.id} />
        </div>
        <div>
          <SeriesFacts task={task} series={series} />
          <Card title={texts.schedule}>
            <JsonView text={series.schedule} />
          </Card>
        </div>
      </div>
    </>
  );
}

function Next({ id, zone }: { readonly id: string; readonly zone: string }) {
  const next = useResource<NextRuns>(`series/${id}/next?count=10`);
  return (
    <div class="pad">
      <Loaded from={next}>
        {({ runs }) =>
          runs === null
            ? <p class="bad">{seriesTexts.unreadable}</p>
            : <RunList runs={runs} zone={zone} />}
      </Loaded>
    </div>
  );
}

/** The number of runs in the strip. */
const shownRuns = 60;

function LastRuns({ id }: { readonly id: string }) {
  const runs = useResource<Runs>(`tasks/${id}/runs?order=newest&limit=${shownRuns}`);
  return (
    <Card title={seriesTexts.lastRuns}>
      <Loaded from={runs}>
        {({ items, next }) =>
          items.length === 0
            ? <p class="pad faint">{seriesTexts.noRunsYet}</p>
            : <RunStrip runs={items.toReversed()} hasEarlier={next !== null} />}
      </Loaded>
    </Card>
  );
}

function RunStrip(
  { runs, hasEarlier }: { readonly runs: Runs["items"]; readonly hasEarlier: boolean },
) {
  const failed = runs.filter(({ status }) => status !== "Completed").length;
  const slowest = Math.max(...runs.map(({ executionTimeMs }) => executionTimeMs));
  return (
    <div class="pad">
      <ol class="strip" aria-label={seriesTexts.lastRuns}>
        {runs.map(({ executedAt, executionTimeMs, status, exception }, index) => (
          <li
            key={`${executedAt} ${index}`}
            class={status === "Completed" ? "good" : status === "Failed" ? "bad" : "off"}
            title={`${status}, ${duration(executionTimeMs)}, ${executedAt}\n${exception ?? ""}`}
          >
            <span class="hidden">{status}</span>
          </li>
        ))}
      </ol>
      <p class="faint">
        {seriesTexts.runSummary(
          (hasEarlier ? seriesTexts.lastOf : seriesTexts.allOf)(integer(runs.length)),
          integer(failed),
          duration(slowest),
        )}
      </p>
    </div>
  );
}

function SeriesFacts({ task, series }: { readonly task: Task; readonly series: Series }) {
  return (
    <section class="card">
      <dl class="facts">
        <Fact title={texts.type}>
          <TypeLink type={task.type} />
        </Fact>
        <Fact title={texts.queue}>
          <QueueLink queue={task.queue} />
        </Fact>
        <Fact title={texts.keyOrId}>
          <TaskLink id={task.id} name={task.taskKey ?? task.id} />
        </Fact>
        <Fact title={texts.runCount}>
          {series.maxRuns === null
            ? integer(series.runCount)
            : seriesTexts.ofMost(integer(series.runCount), integer(series.maxRuns))}
        </Fact>
        <Fact title={texts.lastRun}>
          <Instant at={task.lastExecutionAt} />
        </Fact>
        <Fact title={texts.nextRun}>
          <Instant at={series.nextRunAt} />
        </Fact>
        {series.runUntil !== null && (
          <Fact title={seriesTexts.until}>
            <Instant at={series.runUntil} />
          </Fact>
        )}
      </dl>
    </section>
  );
}

// The figures of the overview.

import { percentile, sumDurations } from "../../activity.ts";
import type { TaskCount } from "../../answers.ts";
import { distance, duration, integer } from "../../format.ts";
import { now } from "../../now.ts";
import { Spark } from "../../parts/bar_chart.tsx";
import { Figure } from "../../parts/figure.tsx";
import { useResource } from "../../resource.ts";
import { pageUrl } from "../../router.ts";
import { beginOf } from "../../spans.ts";
import { overviewTexts as texts } from "../../texts.ts";
import { useQueues } from "../queues.tsx";
import { useWorkers } from "../workers.tsx";
import { useActivity } from "./activity_of.ts";

/** The figures of the whole store. */
export function StoreFigures() {
  return (
    <div class="figures">
      <Waiting />
      <Running />
      <Ended name="completed" title={texts.completed} status="Completed" look="good" />
      <Ended name="failed" title={texts.failed} status="Failed" look="bad" />
      <Wait />
      <LiveWorkers />
    </div>
  );
}

function Waiting() {
  const { data } = useQueues();
  const due = data?.items.reduce((sum, queue) => sum + queue.due, 0);
  const [oldest] = (data?.items ?? []).flatMap(({ oldestDueAt: at }) => at ?? []).sort();
  return (
    <Figure
      title={texts.waiting}
      href={pageUrl("queues")}
      value={due}
      isCapped={data?.items.some(({ dueExact }) => !dueExact) === true}
    >
      {oldest === undefined ? texts.nothingWaits : texts.oldestDue(distance(oldest, now.value))}
    </Figure>
  );
}

function Running() {
  const { data } = useResource<TaskCount>("tasks/count?status=InProgress");
  const places = useQueues().data?.items.reduce((sum, { places }) => sum + (places ?? 0), 0);
  return (
    <Figure
      title={texts.running}
      href={pageUrl("tasks", { status: "InProgress" })}
      value={data?.count}
      isCapped={data?.exact === false}
    >
      {places !== undefined && texts.ofPlaces(integer(places))}
    </Figure>
  );
}

function Ended({ name, title, status, look }: {
  readonly name: "completed" | "failed";
  readonly title: string;
  readonly status: string;
  readonly look: string;
}) {
  const { data } = useActivity();
  const value = data?.[name];
  const executedFrom = data === null ? null : new Date(beginOf(data.span)).toISOString();
  const shown = value === 0 ? "faint" : look;
  return (
    <Figure
      title={title}
      href={pageUrl("tasks", { status, executedFrom })}
      value={value}
      look={value === 0 ? "" : look}
      trend={data !== null && (
        <Spark values={data.counts.map((counts) => counts[name])} look={shown} />
      )}
    >
      {data !== null && texts.inSpan(data.span.name)}
    </Figure>
  );
}

function Wait() {
  const { data } = useActivity();
  const wait = data === null ? null : sumDurations(data.items.map(({ wait }) => wait));
  const text = (share: number) => {
    const ms = wait === null ? null : percentile(wait, share);
    return ms === null ? texts.none : texts.upTo(duration(Math.max(1, ms)));
  };
  return (
    <Figure
      title={texts.wait95}
      href={pageUrl("queues")}
      value={wait === null ? undefined : text(0.95)}
    >
      {texts.wait50(text(0.5))}
    </Figure>
  );
}

function LiveWorkers() {
  const { data } = useWorkers();
  const alive = data?.items.filter((worker) => worker.alive).length;
  return (
    <Figure
      title={texts.workers}
      href={pageUrl("workers")}
      value={alive}
      look={alive === 0 ? "warn" : ""}
    >
      {data !== null && texts.ofRegistered(integer(data.items.length))}
    </Figure>
  );
}

/** The figures of the tasks that a user with a filter sees. */
export function OwnFigures() {
  return (
    <div class="figures">
      <Count title={texts.waiting} statuses={["WaitingQueue", "Queued", "Pending"]} />
      <Count title={texts.running} statuses={["InProgress"]} />
      <Count title={texts.completed} statuses={["Completed"]} look="good" />
      <Count title={texts.failed} statuses={["Failed"]} look="bad" />
    </div>
  );
}

function Count({ title, statuses, look = "" }: {
  readonly title: string;
  readonly statuses: readonly string[];
  readonly look?: string;
}) {
  const query = new URLSearchParams(statuses.map((status) => ["status", status]));
  const { data } = useResource<TaskCount>(`tasks/count?${query}`);
  return (
    <Figure
      title={title}
      href={pageUrl("tasks", { status: statuses })}
      value={data?.count}
      isCapped={data?.exact === false}
      look={data?.count === 0 ? "" : look}
    >
      {texts.yours}
    </Figure>
  );
}

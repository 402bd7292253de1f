// The start page, which shows whether and where something is wrong.

import type { ComponentChildren } from "preact";
import type { TaskCount, TaskStatus } from "../answers.ts";
import { distance, integer } from "../format.ts";
import { now } from "../now.ts";
import { useResource } from "../resource.ts";
import { pageUrl } from "../router.ts";
import { texts } from "../texts.ts";
import { QueuesCard, useQueues } from "./queues.tsx";
import { useWorkers, WorkersCard } from "./workers.tsx";

/** The page. */
export function OverviewPage() {
  return (
    <>
      <div class="figures">
        <WaitingFigure />
        <CountFigure title={texts.failedTasks} status="Failed" look="bad" />
        <CountFigure title={texts.completedTasks} status="Completed" look="good" />
        <WorkersFigure />
      </div>
      <div class="columns">
        <QueuesCard />
        <WorkersCard isShort />
      </div>
    </>
  );
}

function WaitingFigure() {
  const { data } = useQueues();
  const due = data?.items.reduce((sum, queue) => sum + queue.due, 0);
  const oldest = data?.items.map(({ oldestDueAt }) => oldestDueAt).filter((at) => at !== null)
    .sort()[0];
  const age = oldest === undefined ? null : distance(oldest, now.value);
  return (
    <Figure title={texts.waiting} href={pageUrl("queues")} value={due}>
      {age === null ? texts.nothingWaits : texts.oldestDue(age)}
    </Figure>
  );
}

function CountFigure(
  { title, status, look }: {
    readonly title: string;
    readonly status: TaskStatus;
    readonly look: string;
  },
) {
  // The last hour begins at a whole minute, so that the route changes only once a minute.
  const minute = 60_000;
  const from = new Date(Math.floor(now.value / minute) * minute - 60 * minute).toISOString();
  const query = new URLSearchParams({ status, executedFrom: from });
  const { data } = useResource<TaskCount>(`tasks/count?${query}`);
  return (
    <Figure
      title={title}
      href={pageUrl("tasks", { status })}
      value={data?.count}
      isCapped={data?.exact === false}
      {...data !== null && data.count > 0 && { look }}
    >
      {texts.inLastHour}
    </Figure>
  );
}

function WorkersFigure() {
  const { data } = useWorkers();
  const alive = data?.items.filter((worker) => worker.alive).length;
  return (
    <Figure title={texts.aliveWorkers} href={pageUrl("workers")} value={alive}>
      {texts.ofRegistered(integer(data?.items.length ?? 0))}
    </Figure>
  );
}

function Figure(
  { title, href, value, isCapped = false, look = "", children }: {
    readonly title: string;
    readonly href: string;
    readonly value: number | undefined;
    readonly isCapped?: boolean;
    readonly look?: string;
    readonly children: ComponentChildren;
  },
) {
  const number = value === undefined ? "…" : integer(value);
  return (
    <a class="figure card" href={href}>
      <span class="faint">{title}</span>
      <strong class={look}>{isCapped ? texts.atLeast(number) : number}</strong>
      <span class="faint">{children}</span>
    </a>
  );
}

// The page of queues: waiting tasks, the longest wait, ended tasks, and workers.

import { QueueActions } from "../actions/queue_actions.tsx";
import type { Activity, Queues } from "../answers.ts";
import { countText, integer } from "../format.ts";
import { now } from "../now.ts";
import { Card } from "../parts/card.tsx";
import { Instant } from "../parts/instant.tsx";
import { Empty, Loaded } from "../parts/loaded.tsx";
import { Mark } from "../parts/status.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { QueueLink } from "../parts/task_link.tsx";
import { type Resource, useResource } from "../resource.ts";
import { mayChangeStore } from "../rights.ts";
import { pageUrl } from "../router.ts";
import { waitingStatuses } from "../statuses.ts";
import { pageNames, texts } from "../texts.ts";

type Queue = Queues["items"][number];

const columns: readonly Column<Queue>[] = [
  { title: texts.queue, cell: ({ queue }) => <QueueLink queue={queue} />, look: "name" },
  { title: texts.waiting, cell: (queue) => <WaitingLink queue={queue} due />, look: "number" },
  { title: texts.oldest, cell: ({ oldestDueAt }) => <Instant at={oldestDueAt} />, look: "number" },
  { title: texts.scheduled, cell: (queue) => <WaitingLink queue={queue} />, look: "number" },
  {
    title: texts.busyPlaces,
    cell: (queue) => <Places queue={queue} />,
    look: "number",
  },
];

/** The last column, with the changes of the queue. */
const stateColumn: Column<Queue> = {
  title: texts.state,
  cell: (queue) => (
    <div class="state">
      <QueueState queue={queue} />
      {mayChangeStore() && <QueueActions queue={queue} />}
    </div>
  ),
  look: "rest",
};

/** Shows the number of tasks that are due, or that become due later, with a link to these tasks. */
function WaitingLink({ queue: { queue, ...waiting }, due: isDue = false }: {
  readonly queue: Queue;
  readonly due?: boolean;
}) {
  const { count, exact } = isDue
    ? { count: waiting.due, exact: waiting.dueExact }
    : { count: waiting.scheduled, exact: waiting.scheduledExact };
  if (count === 0) return <>0</>;
  const at = new Date(now.value).toISOString();
  const filter = { queue, status: waitingStatuses, [isDue ? "dueBefore" : "dueFrom"]: at };
  return <a href={pageUrl("tasks", filter)}>{countText({ count, exact })}</a>;
}

/** Shows how many places are busy, with a link to the tasks that run. */
function Places({ queue: { queue, places, busyPlaces } }: { readonly queue: Queue }) {
  if (places === null || places === 0) return <>{texts.none}</>;
  if (busyPlaces === null) return <>{integer(places)}</>;
  const text = texts.busyOf(integer(busyPlaces), integer(places));
  if (busyPlaces === 0) return <>{text}</>;
  return <a href={pageUrl("tasks", { queue, status: "InProgress" })}>{text}</a>;
}

function QueueState({ queue: { paused, workerIds } }: { readonly queue: Queue }) {
  if (paused) return <Mark look="off">{texts.paused}</Mark>;
  if (workerIds.length === 0) return <Mark look="warn">{texts.unserved}</Mark>;
  return (
    <a href={pageUrl("workers")}>
      <Mark look="good">{texts.served(integer(workerIds.length), workerIds.length === 1)}</Mark>
    </a>
  );
}

/** The queues. */
export function useQueues(): Resource<Queues> {
  return useResource("queues", { everyMs: 5_000 }); // tasks become due without an event
}

/** A card with all queues, and their changes. */
export function QueuesCard() {
  return <QueuesTable columns={[...columns, stateColumn]} />;
}

/** The page, which also shows the ended tasks of the last hour. */
export function QueuesPage() {
  // Sixty minutes, by default.
  const { data } = useResource<Activity>("activity?step=minute&by=queue", {
    everyMs: 5_000, // workers report with their heartbeats
  });
  const sumOf = (queue: string, name: "completed" | "failed") =>
    (data?.items ?? []).reduce((sum, step) => step.queue === queue ? sum + step[name] : sum, 0);
  const count = (title: string, status: string, name: "completed" | "failed"): Column<Queue> => ({
    title,
    cell: ({ queue }) => {
      const sum = sumOf(queue, name);
      if (data === null || sum === 0) return data === null ? texts.none : "0";
      const executedFrom = new Date(now.value - 3_600_000).toISOString();
      return <a href={pageUrl("tasks", { queue, status, executedFrom })}>{integer(sum)}</a>;
    },
    look: "number",
  });
  const ended = [
    count(texts.completedLastHour, "Completed", "completed"),
    count(texts.failedLastHour, "Failed", "failed"),
  ];
  return <QueuesTable columns={[...columns, ...ended, stateColumn]} />;
}

function QueuesTable({ columns }: { readonly columns: readonly Column<Queue>[] }) {
  return (
    <Card title={pageNames.queues}>
      <Loaded from={useQueues()}>
        {({ items }) =>
          items.length === 0 ? <Empty title={texts.noQueues} help={texts.noQueuesHelp} /> : (
            <Table
              caption={pageNames.queues}
              columns={columns}
              rows={items}
              keyOf={({ queue }) => queue}
            />
          )}
      </Loaded>
    </Card>
  );
}

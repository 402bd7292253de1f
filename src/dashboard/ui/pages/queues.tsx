// The page of queues: waiting tasks, the longest wait, and workers.

import { mayPauseQueues, QueueActions } from "../actions/queue_actions.tsx";
import type { Queues } from "../answers.ts";
import { integer } from "../format.ts";
import { now } from "../now.ts";
import { Card } from "../parts/card.tsx";
import { Instant } from "../parts/instant.tsx";
import { Empty, Loaded } from "../parts/loaded.tsx";
import { Mark } from "../parts/status.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { QueueLink } from "../parts/task_link.tsx";
import { type Resource, useResource } from "../resource.ts";
import { pageUrl } from "../router.ts";
import { pageNames, texts } from "../texts.ts";

type Queue = Queues["items"][number];

const columns: readonly Column<Queue>[] = [
  { title: texts.queue, cell: ({ queue }) => <QueueLink queue={queue} /> },
  { title: texts.waiting, cell: (queue) => <WaitingLink queue={queue} due />, look: "number" },
  { title: texts.oldest, cell: ({ oldestDueAt }) => <Instant at={oldestDueAt} />, look: "number" },
  { title: texts.scheduled, cell: (queue) => <WaitingLink queue={queue} />, look: "number extra" },
  {
    title: texts.places,
    cell: ({ places }) => places === null ? texts.none : integer(places),
    look: "number extra",
  },
  { title: texts.state, cell: (queue) => <QueueState queue={queue} />, look: "rest" },
];

/** The statuses of tasks that wait. */
const waitingStatuses = ["WaitingQueue", "Queued", "Pending", "ServiceStopped"];

/** The number of the tasks that are due, or due later, with a link to them. */
function WaitingLink({ queue: { queue, due, scheduled }, due: isDue = false }: {
  readonly queue: Queue;
  readonly due?: boolean;
}) {
  const count = isDue ? due : scheduled;
  if (count === 0) return <>0</>;
  const at = new Date(now.value).toISOString();
  const filter = { queue, status: waitingStatuses, [isDue ? "dueBefore" : "dueFrom"]: at };
  return <a href={pageUrl("tasks", filter)}>{integer(count)}</a>;
}

function QueueState({ queue: { paused, workerIds } }: { readonly queue: Queue }) {
  if (paused) return <Mark look="off">{texts.paused}</Mark>;
  if (workerIds.length === 0) return <Mark look="warn">{texts.unserved}</Mark>;
  return <Mark look="good">{texts.served}</Mark>;
}

/** The queues. */
export function useQueues(): Resource<Queues> {
  return useResource("queues", { everyMs: 5_000 }); // tasks become due without an event
}

/** The last column, with the changes of the queue. */
const changeColumn: Column<Queue> = {
  title: texts.state,
  cell: (queue) => (
    <div class="state">
      <QueueState queue={queue} />
      <QueueActions queue={queue} />
    </div>
  ),
  look: "rest",
};

/** A card with all queues, and the changes of each on the page of the queues. */
export function QueuesCard({ canChange = false }: { readonly canChange?: boolean }) {
  const queues = useQueues();
  return (
    <Card title={pageNames.queues}>
      <Loaded from={queues}>
        {({ items }) =>
          items.length === 0 ? <Empty title={texts.noQueues} /> : (
            <Table
              caption={pageNames.queues}
              columns={canChange && mayPauseQueues()
                ? [...columns.slice(0, -1), changeColumn]
                : columns}
              rows={items}
              keyOf={({ queue }) => queue}
            />
          )}
      </Loaded>
    </Card>
  );
}

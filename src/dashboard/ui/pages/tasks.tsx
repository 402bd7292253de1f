// The search for tasks.

import { useLayoutEffect } from "preact/hooks";
import { keepSelectionOf } from "../actions/selection.ts";
import { SelectionBar, SelectPage, SelectTask } from "../actions/selection_bar.tsx";
import type { Task, TaskCount, TaskPage } from "../answers.ts";
import { countText, duration, integer } from "../format.ts";
import { Choices } from "../parts/choices.tsx";
import { FilterBar, type FilterChoice, filterParameters } from "../parts/filter_bar.tsx";
import { Instant } from "../parts/instant.tsx";
import { Empty, Loaded } from "../parts/loaded.tsx";
import { Pager } from "../parts/pager.tsx";
import { Status } from "../parts/status.tsx";
import { type Column, type LeadColumn, Table } from "../parts/table.tsx";
import { QueueLink, TaskLink, TypeLink } from "../parts/task_link.tsx";
import { Text } from "../parts/text.tsx";
import { may } from "../rights.ts";
import { type Freshness, useResource } from "../resource.ts";
import { changedUrl, parameters } from "../router.ts";
import { endedStatuses, waitingStatuses } from "../statuses.ts";
import { pageNames, texts } from "../texts.ts";

const statuses = [
  "WaitingQueue",
  "Queued",
  "InProgress",
  "Pending",
  "Completed",
  "Failed",
  "Cancelled",
  "ServiceStopped",
] as const satisfies readonly Task["status"][];

const filters: readonly FilterChoice[] = [
  { name: "status", title: texts.status, values: statuses },
  { name: "type", title: texts.type },
  { name: "queue", title: texts.queue },
  { name: "key", title: texts.key },
  { name: "keyPrefix", title: texts.keyPrefix },
  { name: "id", title: texts.id },
  { name: "tag", title: texts.tags },
  { name: "error", title: texts.error },
  { name: "recurring", title: texts.recurring, values: ["true", "false"] },
  { name: "createdFrom", title: texts.createdFrom, isInstant: true },
  { name: "createdBefore", title: texts.createdBefore, isInstant: true },
  { name: "dueFrom", title: texts.dueFrom, isInstant: true },
  { name: "dueBefore", title: texts.dueBefore, isInstant: true },
  { name: "executedFrom", title: texts.endedFrom, isInstant: true },
  { name: "executedBefore", title: texts.endedBefore, isInstant: true },
];

const columns: readonly Column<Task>[] = [
  { title: texts.status, cell: ({ status }) => <Status status={status} /> },
  { title: texts.type, cell: ({ type }) => <TypeLink type={type} />, look: "name" },
  {
    title: texts.keyOrId,
    cell: ({ id, taskKey }) => <TaskLink id={id} name={taskKey ?? id} />,
    look: "name",
  },
  {
    title: texts.payload,
    cell: ({ payload }) => (
      <span class="mono faint">
        <Text>{payload?.text ?? texts.none}</Text>
      </span>
    ),
    look: "rest cut",
  },
  { title: texts.queue, cell: ({ queue }) => <QueueLink queue={queue} />, look: "name" },
  { title: texts.attempt, cell: ({ attempt }) => integer(attempt), look: "number" },
  {
    title: texts.took,
    cell: ({ executionTimeMs: ms }) => ms === null ? texts.none : duration(ms),
    look: "number",
  },
  { title: texts.when, cell: (task) => <Instant at={instantOf(task)} />, look: "number" },
];

/** Returns the instant to show for a task: the end of an ended task, or the due instant. */
function instantOf({ status, dueAt, lastExecutionAt, createdAt }: Task): string {
  const instant = endedStatuses.includes(status) ? lastExecutionAt : dueAt;
  return instant ?? lastExecutionAt ?? createdAt;
}

/** Returns the parameters of the search that the address describes. */
function searchParameters(): { readonly filter: URLSearchParams; readonly page: URLSearchParams } {
  const filter = filterParameters();
  const page = new URLSearchParams(filter);
  page.set("limit", "50");
  for (const name of ["order", "after"]) {
    const value = parameters.value.get(name);
    if (value !== null) page.set(name, value);
  }
  return { filter, page };
}

/** Returns when a search is loaded again: after events of tasks that the filter may select. */
function changesOf(filter: URLSearchParams): Freshness {
  const [types, queues] = [filter.getAll("type"), filter.getAll("queue")];
  const allows = (values: string[], value: string) => values.length === 0 || values.includes(value);
  return {
    changesWith: ({ taskType, queue }) => allows(types, taskType) && allows(queues, queue),
  };
}

/** The page. */
export function TasksPage() {
  const { filter, page } = searchParameters();
  const changes = changesOf(filter);
  const found = useResource<TaskPage>(`tasks?${page}`, changes);
  const search = String(filter);
  const count = useResource<TaskCount>(`tasks/count?${search}`, changes).data;
  useLayoutEffect(() => keepSelectionOf(search), [search]);
  return (
    <>
      <div class="bar">
        <FilterBar choices={filters} />
        <p class="matches">
          <Count count={count} />
        </p>
        <OrderPicker filter={filter} />
      </div>
      <SelectionBar filter={filter} count={count} />
      <section class="card" aria-label={pageNames.tasks}>
        <Loaded from={found}>
          {({ items, next, incomplete }) => (
            <>
              {items.length > 0 && (
                <Table
                  caption={pageNames.tasks}
                  lead={may("operate") ? selectionColumn(items) : undefined}
                  columns={columns}
                  rows={items}
                  keyOf={({ id }) => id}
                />
              )}
              {items.length === 0 && !incomplete && (
                <Empty title={texts.noTasks} help={texts.noTasksHelp} />
              )}
              {incomplete && <p class="pad faint">{texts.incomplete}</p>}
              <Pager next={next} />
            </>
          )}
        </Loaded>
      </section>
    </>
  );
}

/** The column of checkboxes. */
function selectionColumn(shown: readonly Task[]): LeadColumn<Task> {
  return {
    head: <SelectPage tasks={shown} />,
    cell: (task) => <SelectTask task={task} name={task.taskKey ?? task.id} shown={shown} />,
  };
}

/** The links to the orders. The one by due instant lists only tasks that wait. */
function OrderPicker({ filter }: { readonly filter: URLSearchParams }) {
  const chosen = parameters.value.get("order") ?? "newest";
  const choice = (
    order: string,
    text: string,
    status: readonly string[] = filter.getAll("status"),
  ) => ({
    text,
    href: changedUrl({ order: order === "newest" ? null : order, status, after: null }),
    isChosen: order === chosen,
  });
  return (
    <Choices
      title={texts.order}
      choices={[
        choice("newest", texts.newestFirst),
        choice("oldest", texts.oldestFirst),
        choice("due", texts.dueFirst, filter.has("status") ? undefined : waitingStatuses),
      ]}
    />
  );
}

function Count({ count }: { readonly count: TaskCount | null }) {
  return <>{count === null ? "…" : texts.matching(countText(count))}</>;
}

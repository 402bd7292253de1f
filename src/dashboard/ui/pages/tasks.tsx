// The search for tasks.

import { useLayoutEffect } from "preact/hooks";
import { keepSelectionOf } from "../actions/selection.ts";
import { SelectionBar, SelectPage, SelectTask } from "../actions/selection_bar.tsx";
import type { Task, TaskCount, TaskPage } from "../answers.ts";
import { countText, duration, integer } from "../format.ts";
import { FilterBar, type FilterChoice } from "../parts/filter_bar.tsx";
import { Instant } from "../parts/instant.tsx";
import { Empty, Loaded } from "../parts/loaded.tsx";
import { Pager } from "../parts/pager.tsx";
import { Status } from "../parts/status.tsx";
import { type Column, type LeadColumn, Table } from "../parts/table.tsx";
import { QueueLink, TaskLink, TypeLink } from "../parts/task_link.tsx";
import { may } from "../rights.ts";
import { type Freshness, useResource } from "../resource.ts";
import { changedUrl, parameters } from "../router.ts";
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
  { name: "id", title: texts.id },
  { name: "tag", title: texts.tags },
  { name: "error", title: texts.error },
  { name: "dueFrom", title: texts.dueFrom },
  { name: "dueBefore", title: texts.dueBefore },
  { name: "executedFrom", title: texts.endedFrom },
  { name: "executedBefore", title: texts.endedBefore },
];

const columns: readonly Column<Task>[] = [
  { title: texts.status, cell: ({ status }) => <Status status={status} /> },
  { title: texts.type, cell: ({ type }) => <TypeLink type={type} /> },
  {
    title: texts.keyOrId,
    cell: ({ id, taskKey }) => <TaskLink id={id} name={taskKey ?? id} />,
    look: "name",
  },
  {
    title: texts.payload,
    cell: ({ payload }) => <span class="mono faint">{payload?.text ?? texts.none}</span>,
    look: "rest cut extra",
  },
  { title: texts.queue, cell: ({ queue }) => <QueueLink queue={queue} />, look: "extra" },
  { title: texts.attempt, cell: ({ attempt }) => integer(attempt), look: "number extra" },
  {
    title: texts.took,
    cell: ({ executionTimeMs: ms }) => ms === null ? texts.none : duration(ms),
    look: "number extra",
  },
  { title: texts.when, cell: (task) => <Instant at={instantOf(task)} />, look: "number" },
];

const endedStatuses: readonly Task["status"][] = ["Completed", "Failed", "Cancelled"];

/** Returns the instant to show for a task: the end of an ended task, or the due instant. */
function instantOf({ status, dueAt, lastExecutionAt, createdAt }: Task): string {
  const instant = endedStatuses.includes(status) ? lastExecutionAt : dueAt;
  return instant ?? lastExecutionAt ?? createdAt;
}

const filterNames = filters.map(({ name }) => name);

/** Returns the parameters of the search that the address describes. */
function searchParameters(): { readonly filter: URLSearchParams; readonly page: URLSearchParams } {
  const filter = new URLSearchParams();
  for (const name of filterNames) {
    for (const value of parameters.value.getAll(name)) filter.append(name, value);
  }
  const page = new URLSearchParams(filter);
  page.set("limit", "50");
  for (const name of ["order", "after"]) {
    const value = parameters.value.get(name);
    if (value !== null) page.set(name, value);
  }
  return { filter, page };
}

/** Loads data again after events of tasks that the filter may select. */
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
  const isOldestFirst = parameters.value.get("order") === "oldest";
  return (
    <>
      <div class="bar">
        <FilterBar choices={filters} />
        <p class="faint">
          <Count count={count} />
          {" · "}
          <a href={changedUrl({ order: isOldestFirst ? null : "oldest", after: null })}>
            {isOldestFirst ? texts.oldestFirst : texts.newestFirst}
          </a>
        </p>
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

function Count({ count }: { readonly count: TaskCount | null }) {
  return <>{count === null ? "…" : texts.matching(countText(count))}</>;
}

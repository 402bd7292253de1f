// The search for tasks.

import type { Task, TaskCount, TaskPage } from "../answers.ts";
import { duration, integer } from "../format.ts";
import { FilterBar, type FilterChoice } from "../parts/filter_bar.tsx";
import { Instant } from "../parts/instant.tsx";
import { Empty, Loaded } from "../parts/loaded.tsx";
import { Pager } from "../parts/pager.tsx";
import { Status } from "../parts/status.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { QueueLink, TaskLink, TypeLink } from "../parts/task_link.tsx";
import { useResource } from "../resource.ts";
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

/** The page. */
export function TasksPage() {
  const { filter, page } = searchParameters();
  const found = useResource<TaskPage>(`tasks?${page}`);
  const isOldestFirst = parameters.value.get("order") === "oldest";
  return (
    <>
      <div class="bar">
        <FilterBar choices={filters} />
        <p class="faint">
          <Count filter={filter} />
          {" · "}
          <a href={changedUrl({ order: isOldestFirst ? null : "oldest", after: null })}>
            {isOldestFirst ? texts.oldestFirst : texts.newestFirst}
          </a>
        </p>
      </div>
      <section class="card" aria-label={pageNames.tasks}>
        <Loaded from={found}>
          {({ items, next, incomplete }) => (
            <>
              {items.length > 0 && (
                <Table
                  caption={pageNames.tasks}
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

function Count({ filter }: { readonly filter: URLSearchParams }) {
  const { data } = useResource<TaskCount>(`tasks/count?${filter}`);
  if (data === null) return <>…</>;
  const count = integer(data.count);
  return <>{texts.matching(data.exact ? count : texts.atLeast(count))}</>;
}

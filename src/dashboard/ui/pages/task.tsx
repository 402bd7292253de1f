// The page of a task: why it is not running, its history, and its payload.

import { TaskActions } from "../actions/task_actions.tsx";
import type { Explanation, Task, Transitions } from "../answers.ts";
import { ProblemError } from "../client.ts";
import { duration } from "../format.ts";
import { Card } from "../parts/card.tsx";
import { ErrorText } from "../parts/error_text.tsx";
import { Fact } from "../parts/fact.tsx";
import { Instant } from "../parts/instant.tsx";
import { JsonView } from "../parts/json_view.tsx";
import { Empty, Loaded } from "../parts/loaded.tsx";
import { Status } from "../parts/status.tsx";
import { QueueLink, TypeLink } from "../parts/task_link.tsx";
import { Name, Text } from "../parts/text.tsx";
import { type Freshness, useResource } from "../resource.ts";
import { changedUrl, pageUrl, parameters } from "../router.ts";
import { texts } from "../texts.ts";
import { TaskLog } from "./task_log.tsx";

/** Returns when data about a task is loaded again: after each of its events. */
function changesOf(id: string): Freshness {
  return { changesWith: ({ taskId }) => taskId === id };
}

/** The page. */
export function TaskPage({ id }: { readonly id: string }) {
  const route = `tasks/${encodeURIComponent(id)}`;
  const task = useResource<Task>(route, changesOf(id));
  if (task.data === null && task.error instanceof ProblemError && task.error.status === 404) {
    return <Empty title={texts.taskNotFound} help={id} />;
  }
  return (
    <Loaded from={task}>
      {(task) => (
        <>
          <Why route={route} task={task} />
          <div class="columns wide-first">
            <div>
              <History route={route} task={task} />
              <TaskLog route={route} id={task.id} />
            </div>
            <div>
              <Facts task={task} />
              <Card title={texts.payload}>
                {task.payload === null
                  ? <p class="pad faint">{texts.payloadHidden}</p>
                  : <JsonView text={task.payload.text} />}
              </Card>
            </div>
          </div>
        </>
      )}
    </Loaded>
  );
}

const titles: Partial<Record<Task["status"], string>> = {
  InProgress: texts.why.running,
  Completed: texts.why.ended,
  Failed: texts.why.ended,
  Cancelled: texts.why.ended,
};

function Why({ route, task }: { readonly route: string; readonly task: Task }) {
  const { status } = task;
  const { data } = useResource<Explanation>(`${route}/explain`, changesOf(task.id));
  return (
    <section class={`card why ${status === "Failed" ? "bad" : ""}`}>
      <h2>
        {titles[status] ?? texts.why.waiting} <Status status={status} />
      </h2>
      {data?.reasons.map(({ kind, sentence }) => (
        <p key={kind}>
          <Text>{sentence}</Text>
        </p>
      ))}
      <TaskActions task={task} />
    </section>
  );
}

/** The parameter of the URL that asks for more of the history. */
const allHistory = "history";

function History({ route, task }: { readonly route: string; readonly task: Task }) {
  const limit = parameters.value.has(allHistory) ? 1000 : 100;
  const query = `order=newest&limit=${limit}`;
  const history = useResource<Transitions>(`${route}/transitions?${query}`, changesOf(task.id));
  return (
    <Card title={texts.whatHappened} aside={`${texts.auditLevel} ${task.auditLevel}`}>
      <Loaded from={history}>
        {({ items, next }) => (
          <ol class="story">
            {items.map(({ updatedAt, newStatus, exception }, index) => (
              <li key={`${updatedAt} ${index}`}>
                <Instant at={updatedAt} as="time" />
                <div>
                  <Status status={newStatus} />
                  {exception !== null && <ErrorText text={exception} />}
                </div>
              </li>
            ))}
            {items.length === 0 && <li>{texts.noHistory}</li>}
            {next !== null && (
              <li>
                <span />
                {limit === 1000
                  ? <span class="faint">{texts.mostHistory}</span>
                  : (
                    <a class="link" href={changedUrl({ [allHistory]: "all" })}>
                      {texts.moreHistory}
                    </a>
                  )}
              </li>
            )}
            <li>
              <Instant at={task.createdAt} as="time" />
              <div>{texts.dispatched}</div>
            </li>
          </ol>
        )}
      </Loaded>
    </Card>
  );
}

function Facts({ task }: { readonly task: Task }) {
  return (
    <section class="card">
      <dl class="facts">
        <Fact title={texts.type}>
          <TypeLink type={task.type} />
        </Fact>
        <Fact title={texts.queue}>
          <QueueLink queue={task.queue} />
        </Fact>
        <Fact title={texts.priority}>{String(task.priority)}</Fact>
        {task.taskKey !== null && (
          <Fact title={texts.key}>
            <span class="mono">
              <Name>{task.taskKey}</Name>
            </span>
          </Fact>
        )}
        <Fact title={texts.id}>
          <span class="mono">{task.id}</span>
        </Fact>
        {task.tags.length > 0 && (
          <Fact title={texts.tags}>
            {task.tags.map((tag) => (
              <a class="chip" key={tag} href={pageUrl("tasks", { tag })}>
                <Name>{tag}</Name>
              </a>
            ))}
          </Fact>
        )}
        {task.series !== null && (
          <Fact title={texts.schedule}>
            <a class="link" href={pageUrl(`series/${task.id}`)}>
              <Text>{task.series.info}</Text>
            </a>
          </Fact>
        )}
        <Fact title={texts.created}>
          <Instant at={task.createdAt} />
        </Fact>
        {task.dueAt !== null && (
          <Fact title={texts.due}>
            <Instant at={task.dueAt} />
          </Fact>
        )}
        <Fact title={texts.attempt}>{String(task.attempt)}</Fact>
        {task.lostCount > 0 && <Fact title={texts.losses}>{String(task.lostCount)}</Fact>}
        {task.leaseToken > 0 && <Fact title={texts.fence}>{String(task.leaseToken)}</Fact>}
        {task.executionTimeMs !== null && (
          <Fact title={texts.took}>{duration(task.executionTimeMs)}</Fact>
        )}
        <Fact title={texts.changes}>
          <a class="link" href={pageUrl("actions", { taskId: task.id })}>{texts.byOperators}</a>
        </Fact>
        {task.workerId !== null && (
          <Fact title={texts.worker}>
            <a class="mono" href={pageUrl("workers")}>{task.workerId}</a>
          </Fact>
        )}
        {task.traceContext !== null && (
          <Fact title={texts.trace}>
            <span class="mono">
              <Text>{task.traceContext}</Text>
            </span>
          </Fact>
        )}
      </dl>
    </section>
  );
}

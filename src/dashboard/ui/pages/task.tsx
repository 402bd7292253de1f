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
import { type Freshness, useResource } from "../resource.ts";
import { pageUrl } from "../router.ts";
import { texts } from "../texts.ts";
import { TaskLog } from "./task_log.tsx";

/** Loads data again after events of one task. */
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
      {data?.reasons.map(({ kind, sentence }) => <p key={kind}>{sentence}</p>)}
      <TaskActions task={task} />
    </section>
  );
}

function History({ route, task }: { readonly route: string; readonly task: Task }) {
  const history = useResource<Transitions>(`${route}/transitions?limit=1000`, changesOf(task.id));
  return (
    <Card title={texts.whatHappened} aside={`${texts.auditLevel} ${task.auditLevel}`}>
      <Loaded from={history}>
        {({ items }) => (
          <ol class="story">
            {items.toReversed().map(({ updatedAt, newStatus, exception }, index) => (
              <li key={`${updatedAt} ${index}`}>
                <Instant at={updatedAt} as="time" />
                <div>
                  <Status status={newStatus} />
                  {exception !== null && <ErrorText text={exception} />}
                </div>
              </li>
            ))}
            {items.length === 0 && <li>{texts.noHistory}</li>}
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
            <span class="mono">{task.taskKey}</span>
          </Fact>
        )}
        <Fact title={texts.id}>
          <span class="mono">{task.id}</span>
        </Fact>
        {task.tags.length > 0 && (
          <Fact title={texts.tags}>
            {task.tags.map((tag) => (
              <a class="chip" key={tag} href={pageUrl("tasks", { tag })}>{tag}</a>
            ))}
          </Fact>
        )}
        {task.series !== null && (
          <Fact title={texts.schedule}>
            <a class="link" href={pageUrl(`series/${task.id}`)}>{task.series.info}</a>
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
        {task.executionTimeMs !== null && (
          <Fact title={texts.took}>{duration(task.executionTimeMs)}</Fact>
        )}
        <Fact title={texts.changes}>
          <a class="link" href={pageUrl("actions", { taskId: task.id })}>{texts.byOperators}</a>
        </Fact>
        {task.workerId !== null && (
          <Fact title={texts.worker}>
            <span class="mono">{task.workerId}</span>
          </Fact>
        )}
      </dl>
    </section>
  );
}

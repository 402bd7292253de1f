// The page of actions: who did what, when, on what, and why.

import { openStopped } from "../actions/bulk_dialog.tsx";
import { toBulkFilter } from "../actions/bulk_filter.ts";
import { openStoppedPurge, policyOf } from "../actions/purge_dialog.tsx";
import { searchOf } from "../actions/recorded_filter.ts";
import type { Action, Actions } from "../answers.ts";
import { integer } from "../format.ts";
import { ChangedValues } from "../parts/changed_values.tsx";
import { FilterBar, type FilterChoice, filterParameters } from "../parts/filter_bar.tsx";
import { FilterChips } from "../parts/filter_chips.tsx";
import { Instant } from "../parts/instant.tsx";
import { Empty, Loaded } from "../parts/loaded.tsx";
import { Pager } from "../parts/pager.tsx";
import { Mark } from "../parts/status.tsx";
import { QueueLink, TaskLink, TypeLink } from "../parts/task_link.tsx";
import { Name, Text } from "../parts/text.tsx";
import { useResource } from "../resource.ts";
import { may, mayChangeStore } from "../rights.ts";
import { pageUrl, parameters } from "../router.ts";
import { actionPageTexts, auditTexts, pageNames } from "../texts.ts";

const verbs = Object.keys(actionPageTexts.verbs);

const filters: readonly FilterChoice[] = [
  { name: "by", title: actionPageTexts.by },
  { name: "verb", title: actionPageTexts.verb, values: verbs },
  { name: "taskId", title: actionPageTexts.task },
  { name: "queueName", title: actionPageTexts.queue },
];

/** The page. */
export function ActionsPage() {
  const query = filterParameters();
  query.set("limit", "50");
  const after = parameters.value.get("after");
  if (after !== null) query.set("after", after);
  const actions = useResource<Actions>(`actions?${query}`);
  return (
    <>
      <div class="bar">
        <FilterBar choices={filters} />
      </div>
      <section class="card" aria-label={pageNames.actions}>
        <Loaded from={actions}>
          {({ items, next }) =>
            items.length === 0
              ? <Empty title={actionPageTexts.none} help={actionPageTexts.noneHelp} />
              : (
                <>
                  <ol class="groups">
                    {items.map((action) => <OneAction key={action.id} action={action} />)}
                  </ol>
                  <Pager next={next} />
                </>
              )}
        </Loaded>
      </section>
    </>
  );
}

function OneAction({ action }: { readonly action: Action }) {
  const { doneAt, verb, by, reason, target, before, after, changed, skipped, next } = action;
  const search = searchOf(action);
  return (
    <li class="action">
      <Instant at={doneAt} />
      <div class="group">
        <p>
          <strong>
            <Name>{by}</Name>
          </strong>{" "}
          {actionPageTexts.verbs[verb] ?? verb} <Target target={target} search={search} />{" "}
          {target.kind === "tasks" && (
            <span class="faint">
              {actionPageTexts.counts(integer(changed), integer(skipped))}
            </span>
          )}
          {target.kind === "history" && (
            <span class="faint">{auditTexts.deleted(integer(changed))}</span>
          )} {next !== null && <Mark look="warn">{actionPageTexts.incomplete}</Mark>}
        </p>
        {reason === null ? <p class="faint">{actionPageTexts.noReason}</p> : (
          <p class="said">
            <Text>{reason}</Text>
          </p>
        )}
        {search !== null && <SearchChips search={search} />}
        <ChangedValues before={search === null ? before : null} after={after} />
      </div>
      {next !== null && policyOf(action) !== null && mayChangeStore() && (
        <button
          type="button"
          onClick={() => openStoppedPurge(action)}
        >
          {actionPageTexts.resume}
        </button>
      )}
      {next !== null && search !== null && may("operate") && (
        <button
          type="button"
          onClick={() => openStopped(action, toBulkFilter(new URL(tasksUrl(search)).searchParams))}
        >
          {actionPageTexts.resume}
        </button>
      )}
    </li>
  );
}

type Search = NonNullable<ReturnType<typeof searchOf>>;

function tasksUrl(search: Search): string {
  return pageUrl("tasks", search);
}

/** The maximum number of ids of a filter that the page shows. */
const mostIds = 3;

function SearchChips({ search }: { readonly search: Search }) {
  const { id = [] } = search;
  const isShort = id.length <= mostIds;
  return <FilterChips filter={isShort ? search : { ...search, id: integer(id.length) }} />;
}

function Target(
  { target: { kind, id }, search }: {
    readonly target: Action["target"];
    readonly search: Search | null;
  },
) {
  if (search !== null) return <a class="link" href={tasksUrl(search)}>{actionPageTexts.tasks}</a>;
  if (id === null) return kind === "tasks" ? <>{actionPageTexts.tasks}</> : null;
  if (kind === "queue") return <QueueLink queue={id} />;
  if (kind === "limit") return <TypeLink type={id} />;
  if (kind === "worker") return <a class="mono" href={pageUrl("workers")}>{id}</a>;
  return <TaskLink id={id} />;
}

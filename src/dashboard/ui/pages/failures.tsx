// The page of failures: groups of the same type and error.

import { openBulk } from "../actions/bulk_dialog.tsx";
import { toBulkFilter } from "../actions/bulk_filter.ts";
import type { Failures } from "../answers.ts";
import { integer } from "../format.ts";
import { Card } from "../parts/card.tsx";
import { ErrorText } from "../parts/error_text.tsx";
import { Instant } from "../parts/instant.tsx";
import { Empty, Loaded } from "../parts/loaded.tsx";
import { Pager } from "../parts/pager.tsx";
import { TaskLink, TypeLink } from "../parts/task_link.tsx";
import { Text } from "../parts/text.tsx";
import { useResource } from "../resource.ts";
import { may, me } from "../rights.ts";
import { pageUrl, parameters } from "../router.ts";
import { failureTexts, pageNames } from "../texts.ts";

type Group = Failures["items"][number];

/** The page. */
export function FailuresPage() {
  const after = parameters.value.get("after");
  const query = new URLSearchParams({ limit: "50", ...after !== null && { after } });
  const groups = useResource<Failures>(`failures?${query}`);
  return (
    <Card title={pageNames.failures} aside={failureTexts.kept}>
      <Loaded from={groups}>
        {({ items, next }) =>
          items.length === 0 ? <Empty title={failureTexts.none} help={failureTexts.noneHelp} /> : (
            <>
              <ol class="groups">
                {items.map((group) => <FailureGroup key={group.id} group={group} />)}
              </ol>
              <Pager next={next} />
            </>
          )}
      </Loaded>
    </Card>
  );
}

function FailureGroup({ group }: { readonly group: Group }) {
  const { type, count, summary, firstAt, lastAt, taskId, exception } = group;
  const filter = filterOf(group);
  const [message = "", frame = ""] = summary.split("\n").map((line) => line.trim());
  return (
    <li>
      <strong class="count bad" title={failureTexts.count(integer(count))}>{integer(count)}</strong>
      <div class="group">
        <p>
          <TypeLink type={type} />{" "}
          <span class="faint">
            {failureTexts.last} <Instant at={lastAt} /> · {failureTexts.first}{" "}
            <Instant at={firstAt} />
          </span>
        </p>
        <p class="error mono">
          <Text>{message}</Text>
        </p>
        {frame !== "" && (
          <p class="mono faint">
            <Text>{frame}</Text>
          </p>
        )}
        <details>
          <summary class="faint">{failureTexts.example}</summary>
          <p>
            <TaskLink id={taskId} />
          </p>
          <ErrorText text={exception} />
        </details>
      </div>
      <div class="buttons">
        <a class="button" href={pageUrl("tasks", filter)}>{failureTexts.tasks}</a>
        {may("operate") && (
          <button
            type="button"
            onClick={() => openBulk("retry", { filter: toBulkFilter(new URLSearchParams(filter)) })}
          >
            {failureTexts.retry}
          </button>
        )}
      </div>
    </li>
  );
}

/**
 * Returns the search for the tasks of a group. Tasks do not store their group, so the search is for
 * the longest part of the error that all tasks of the group share.
 */
function filterOf({ type, summary }: Group): Readonly<Record<string, string>> {
  const [message = ""] = summary.split("\n", 1);
  const part = message.split(/<(?:id|url|text|path|n)>/).map((each) => each.trim())
    .reduce((longest, each) => each.length > longest.length ? each : longest, "");
  // Errors are redacted for some users, who may not search by them.
  const hasError = part.length >= 3 && me.value?.redacted === false;
  return { type, status: "Failed", ...hasError && { error: part } };
}

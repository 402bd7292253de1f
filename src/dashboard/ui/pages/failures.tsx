// The page of failures: groups of the same type and error.

import { openBulk } from "../actions/bulk_dialog.tsx";
import { toBulkFilter } from "../actions/bulk_filter.ts";
import { sumSteps } from "../activity.ts";
import type { Failures } from "../answers.ts";
import { hourAndMinute, integer, weekday } from "../format.ts";
import { SmallBars } from "../parts/bar_chart.tsx";
import { Card } from "../parts/card.tsx";
import { ErrorText } from "../parts/error_text.tsx";
import { Instant } from "../parts/instant.tsx";
import { Empty, Loaded } from "../parts/loaded.tsx";
import { Pager } from "../parts/pager.tsx";
import { SpanPicker } from "../parts/span_picker.tsx";
import { TaskLink, TypeLink } from "../parts/task_link.tsx";
import { Name, Text } from "../parts/text.tsx";
import { useResource } from "../resource.ts";
import { may, me } from "../rights.ts";
import { pageUrl, parameters } from "../router.ts";
import { beginOf, chosenSpan, failureSpans, type Span } from "../spans.ts";
import { failureTexts, pageNames } from "../texts.ts";

type Group = Failures["items"][number];

/** The page. */
export function FailuresPage() {
  const after = parameters.value.get("after");
  const span = chosenSpan(failureSpans);
  const from = beginOf(span);
  const query = new URLSearchParams({
    limit: "50",
    from: new Date(from).toISOString(),
    step: span.step,
    ...after !== null && { after },
  });
  const groups = useResource<Failures>(`failures?${query}`);
  return (
    <Card title={pageNames.failures} aside={<SpanPicker from={failureSpans} />}>
      <Loaded from={groups}>
        {({ items, next }) =>
          items.length === 0 ? <Empty title={failureTexts.none} help={failureTexts.noneHelp} /> : (
            <>
              <ol class="groups">
                {items.map((group) => <FailureGroup key={group.id} {...{ group, span, from }} />)}
              </ol>
              <p class="faint kept">{failureTexts.kept}</p>
              <Pager next={next} />
            </>
          )}
      </Loaded>
    </Card>
  );
}

interface GroupInSpan {
  readonly group: Group;
  readonly span: Span;
  /** The beginning of the span, in epoch milliseconds. */
  readonly from: number;
}

function FailureGroup({ group, span, from }: GroupInSpan) {
  const { type, count, summary, taskId, exception } = group;
  const filter = filterOf(group);
  const [message = "", frame = ""] = summary.split("\n").map((line) => line.trim());
  return (
    <li>
      <strong class="count bad" title={failureTexts.count(integer(count))}>{integer(count)}</strong>
      <div class="group">
        <p>
          <TypeLink type={type} />{" "}
          <span class="faint">
            {failureTexts.last} <Instant at={group.lastAt} />
            <Version of={group.lastVersion} /> · {failureTexts.first} <Instant at={group.firstAt} />
            <Version of={group.firstVersion} />
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
      <Chart {...{ group, span, from }} />
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

function Version({ of }: { readonly of: string | null }) {
  return of === null ? null : (
    <>
      {" "}
      {failureTexts.inVersion}{" "}
      <span class="version">
        <Name>{of}</Name>
      </span>
    </>
  );
}

/** Shows the failures of a group in a span. A bar leads to the tasks that failed then. */
function Chart({ group, span, from }: GroupInSpan) {
  const sums = sumSteps(group.counts, { from, ...span });
  const sum = sums.reduce((all, count) => all + count, 0);
  const filter = filterOf(group);
  const isLong = span.steps * span.stepMs > 86_400_000;
  const when = (at: number) => isLong ? `${weekday(at)}, ${hourAndMinute(at)}` : hourAndMinute(at);
  return (
    <SmallBars
      title={failureTexts.chart(span.name)}
      looks={["fill-bad"]}
      bars={sums.map((count, index) => {
        const at = from + index * span.stepMs;
        const end = at + span.stepMs;
        return {
          label: "",
          parts: [count],
          text: failureTexts.reading(integer(count), when(at), when(end)),
          href: pageUrl("tasks", {
            ...filter,
            executedFrom: new Date(at).toISOString(),
            executedBefore: new Date(end).toISOString(),
          }),
        };
      })}
      caption={sum === 0
        ? failureTexts.noneInSpan(span.name)
        : failureTexts.inSpan(integer(sum), span.name)}
    />
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

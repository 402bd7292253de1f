// The groups of failures with the latest failures.

import type { Failures } from "../../answers.ts";
import { integer } from "../../format.ts";
import { Card } from "../../parts/card.tsx";
import { Instant } from "../../parts/instant.tsx";
import { Empty, Loaded } from "../../parts/loaded.tsx";
import { Mark } from "../../parts/status.tsx";
import { Name, Text } from "../../parts/text.tsx";
import { useResource } from "../../resource.ts";
import { pageUrl } from "../../router.ts";
import { overviewTexts as texts } from "../../texts.ts";

/** A card with the latest groups. */
export function FailureGroups() {
  const groups = useResource<Failures>("failures?limit=5", {
    changesWith: ({ kind }) => kind === "failed",
    everyMs: 5_000, // workers report with their heartbeats
  });
  return (
    <Card
      title={texts.failureGroups}
      aside={<a href={pageUrl("failures")}>{texts.allFailures}</a>}
    >
      <Loaded from={groups}>
        {({ items }) =>
          items.length === 0
            ? <Empty title={texts.noFailures} help={texts.noFailuresHelp} />
            : (
              <ul class="latest">
                {items.map(({ id, type, summary, count, lastAt, taskId }) => (
                  <li key={id}>
                    <Mark look="bad">{integer(count)}</Mark>
                    <p>
                      <a href={pageUrl("tasks", { status: "Failed", type })}>
                        <strong>
                          <Name>{type}</Name>
                        </strong>
                      </a>
                      <a class="faint" href={pageUrl(`tasks/${taskId}`)} title={texts.lastExample}>
                        <Text>{summary.split("\n", 1)[0]!}</Text>
                      </a>
                    </p>
                    <Instant at={lastAt} />
                  </li>
                ))}
              </ul>
            )}
      </Loaded>
    </Card>
  );
}

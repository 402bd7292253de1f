// The page of series: schedules as sentences, and the next runs.

import type { SeriesPage as Page } from "../answers.ts";
import { integer } from "../format.ts";
import { Card } from "../parts/card.tsx";
import { Instant } from "../parts/instant.tsx";
import { Empty, Loaded } from "../parts/loaded.tsx";
import { Pager } from "../parts/pager.tsx";
import { Mark, Status } from "../parts/status.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { SeriesLink, TypeLink } from "../parts/task_link.tsx";
import { Text } from "../parts/text.tsx";
import { useResource } from "../resource.ts";
import { parameters } from "../router.ts";
import { pageNames, texts } from "../texts.ts";

type Series = Page["items"][number];

const columns: readonly Column<Series>[] = [
  {
    title: texts.keyOrId,
    cell: ({ id, taskKey }) => <SeriesLink id={id} name={taskKey ?? id} />,
    look: "name",
  },
  { title: texts.type, cell: ({ type }) => <TypeLink type={type} />, look: "name" },
  { title: texts.schedule, cell: ({ info }) => <Text>{info}</Text>, look: "rest" },
  {
    title: texts.status,
    cell: ({ status, paused }) =>
      paused ? <Mark look="off">{texts.paused}</Mark> : <Status status={status} />,
  },
  { title: texts.runCount, cell: ({ runCount }) => integer(runCount), look: "number" },
  {
    title: texts.lastRun,
    cell: ({ lastRunAt }) => <Instant at={lastRunAt} />,
    look: "number",
  },
  { title: texts.nextRun, cell: ({ nextRunAt }) => <Instant at={nextRunAt} />, look: "number" },
];

/** The page. */
export function SeriesPage() {
  const after = parameters.value.get("after");
  const query = new URLSearchParams({ limit: "50", ...after !== null && { after } });
  const page = useResource<Page>(`series?${query}`);
  return (
    <Card title={pageNames.series}>
      <Loaded from={page}>
        {({ items, next }) =>
          items.length === 0 ? <Empty title={texts.noSeries} help={texts.noSeriesHelp} /> : (
            <>
              <Table
                caption={pageNames.series}
                columns={columns}
                rows={items}
                keyOf={({ id }) => id}
              />
              <Pager next={next} />
            </>
          )}
      </Loaded>
    </Card>
  );
}

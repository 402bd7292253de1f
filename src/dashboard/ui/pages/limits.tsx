// The page of rate limits: their budgets, and the tasks that wait for them.

import { ReleaseButton } from "../actions/store_actions.tsx";
import type { Limits } from "../answers.ts";
import { integer } from "../format.ts";
import { now } from "../now.ts";
import { Card } from "../parts/card.tsx";
import { Instant } from "../parts/instant.tsx";
import { Empty, Loaded } from "../parts/loaded.tsx";
import { Pager } from "../parts/pager.tsx";
import { Mark } from "../parts/status.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { TypeLink } from "../parts/task_link.tsx";
import { Name } from "../parts/text.tsx";
import { useResource } from "../resource.ts";
import { mayChangeStore } from "../rights.ts";
import { parameters } from "../router.ts";
import { limitTexts, pageNames, texts } from "../texts.ts";

type Limit = Limits["items"][number];

const columns: readonly Column<Limit>[] = [
  { title: texts.type, cell: ({ type }) => <TypeLink type={type} />, look: "name" },
  {
    title: texts.key,
    cell: ({ key }) => (
      <span class="mono">
        <Name>{key || texts.none}</Name>
      </span>
    ),
    look: "name",
  },
  {
    title: limitTexts.waiting,
    cell: ({ waiting }) => waiting === null ? texts.none : integer(waiting),
    look: "number",
  },
  {
    title: limitTexts.nextSlot,
    cell: ({ nextSlotAt }) => nextSlotAt === null ? texts.none : <Instant at={nextSlotAt} />,
    look: "number",
  },
  {
    title: limitTexts.reservedUntil,
    cell: ({ reservedUntilAt }) => <Instant at={reservedUntilAt} />,
    look: "number",
  },
  {
    title: limitTexts.startedUntil,
    cell: ({ startedUntilAt }) => <Instant at={startedUntilAt} />,
    look: "number",
  },
  {
    title: texts.state,
    cell: (limit) => (
      <div class="state">
        <LimitState limit={limit} />
        {mayChangeStore() && <ReleaseButton limit={limit} />}
      </div>
    ),
    look: "rest",
  },
];

/**
 * Shows whether a limit is used up. The next slot is unknown if a process of version 0.2 or earlier
 * has changed the limit.
 */
function LimitState(
  { limit: { nextSlotAt, reservedUntilAt } }: { readonly limit: Limit },
) {
  return Date.parse(nextSlotAt ?? reservedUntilAt) > now.value
    ? <Mark look="warn">{limitTexts.used}</Mark>
    : <Mark look="good">{limitTexts.free}</Mark>;
}

/** The page. */
export function LimitsPage() {
  const after = parameters.value.get("after");
  const query = new URLSearchParams({ limit: "50", ...after !== null && { after } });
  const limits = useResource<Limits>(`limits?${query}`);
  return (
    <Card title={pageNames.limits} aside={limitTexts.lastDay}>
      <Loaded from={limits}>
        {({ items, next }) =>
          items.length === 0 ? <Empty title={limitTexts.none} help={limitTexts.noneHelp} /> : (
            <>
              <Table
                caption={pageNames.limits}
                columns={columns}
                rows={items}
                keyOf={({ type, key }) => JSON.stringify([type, key])}
              />
              <Pager next={next} />
            </>
          )}
      </Loaded>
    </Card>
  );
}

// The page of rate limits: their budgets, and the tasks that wait for them.

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
import { useResource } from "../resource.ts";
import { parameters } from "../router.ts";
import { limitTexts, pageNames, texts } from "../texts.ts";

/** A limit, which some servers send without a type. */
type Limit = Omit<Limits["items"][number], "type"> & { readonly type?: string };

/** The separator in a name that consists of the type and the key. */
const separator = "\x1f";

/** Returns the type and the key of a limit, which some servers send as one name. */
function partsOf(limit: Limit): readonly [type: string, key: string] {
  if ("type" in limit) return [String(limit.type), limit.key];
  const [type = "", ...rest] = limit.key.split(separator);
  return [type, rest.join(separator)];
}

const columns: readonly Column<Limit>[] = [
  { title: texts.type, cell: (limit) => <TypeLink type={partsOf(limit)[0]} />, look: "name" },
  {
    title: texts.key,
    cell: (limit) => <span class="mono">{partsOf(limit)[1] || texts.none}</span>,
    look: "name",
  },
  { title: texts.state, cell: (limit) => <LimitState limit={limit} />, look: "rest" },
  {
    title: limitTexts.waiting,
    cell: (limit) => "waiting" in limit ? countOf(limit.waiting) : texts.none,
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
    look: "number extra",
  },
];

function countOf(waiting: unknown): string {
  return typeof waiting === "number" ? integer(waiting) : texts.none;
}

function LimitState({ limit: { reservedUntilAt } }: { readonly limit: Limit }) {
  return Date.parse(reservedUntilAt) > now.value
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
                keyOf={(limit) => partsOf(limit).join(separator)}
              />
              <Pager next={next} />
            </>
          )}
      </Loaded>
    </Card>
  );
}

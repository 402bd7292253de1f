// The page of workers: hosts, queues and types, and whether they are alive.

import type { Workers } from "../answers.ts";
import { Card } from "../parts/card.tsx";
import { Instant } from "../parts/instant.tsx";
import { Empty, Loaded } from "../parts/loaded.tsx";
import { Mark } from "../parts/status.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { type Resource, useResource } from "../resource.ts";
import { pageNames, texts } from "../texts.ts";

type Worker = Workers["items"][number];

const columns: readonly Column<Worker>[] = [
  { title: texts.host, cell: ({ host, id }) => <span title={id}>{host}</span> },
  {
    title: texts.serves,
    cell: ({ serves }) =>
      serves?.queues.map(({ name, parallelism }) => `${name} (${parallelism})`).join(", ") ??
        texts.none,
    look: "wrap",
  },
  {
    title: texts.knows,
    cell: ({ serves }) => serves?.types.join(", ") ?? texts.none,
    look: "wrap extra",
  },
  {
    title: texts.started,
    cell: ({ startedAt }) => <Instant at={startedAt} />,
    look: "number extra",
  },
  {
    title: texts.heartbeat,
    cell: ({ heartbeatAt }) => <Instant at={heartbeatAt} />,
    look: "number",
  },
  {
    title: texts.state,
    cell: ({ alive }) =>
      alive ? <Mark look="good">{texts.alive}</Mark> : <Mark look="bad">{texts.late}</Mark>,
  },
];

/** The columns for a narrow card. The page of the workers has the others. */
const shortColumns = columns.filter(({ title }) =>
  ![texts.serves, texts.knows, texts.started].some((other) => other === title)
);

/** The workers. */
export function useWorkers(): Resource<Workers> {
  return useResource("workers", {
    changesWith: ({ kind }) => kind === "lost",
    everyMs: 5_000, // heartbeats are no events
  });
}

/** A card with all workers. */
export function WorkersCard({ isShort = false }: { readonly isShort?: boolean }) {
  const workers = useWorkers();
  return (
    <Card title={pageNames.workers}>
      <Loaded from={workers}>
        {({ items }) =>
          items.length === 0 ? <Empty title={texts.noWorkers} help={texts.noWorkersHelp} /> : (
            <Table
              caption={pageNames.workers}
              columns={isShort ? shortColumns : columns}
              rows={items}
              keyOf={({ id }) => id}
            />
          )}
      </Loaded>
    </Card>
  );
}

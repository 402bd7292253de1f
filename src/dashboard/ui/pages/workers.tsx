// The page of workers: hosts, queues and types, and whether they are alive.

import type { ComponentChildren } from "preact";
import { DrainButton } from "../actions/store_actions.tsx";
import type { Activity, Workers } from "../answers.ts";
import { integer } from "../format.ts";
import { Card } from "../parts/card.tsx";
import { Instant } from "../parts/instant.tsx";
import { Empty, Loaded } from "../parts/loaded.tsx";
import { Mark } from "../parts/status.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { QueueLink, TypeLink } from "../parts/task_link.tsx";
import { Name, Text } from "../parts/text.tsx";
import { type Resource, useResource } from "../resource.ts";
import { mayChangeStore } from "../rights.ts";
import { pageNames, texts } from "../texts.ts";

type Worker = Workers["items"][number];

const host: Column<Worker> = {
  title: texts.host,
  cell: ({ host, id, process }) => (
    <>
      <span title={id}>
        <Name>{host}</Name>
      </span>
      {process !== null && process.pid !== null && (
        <span class="faint">{` ${texts.process(String(process.pid))}`}</span>
      )}
    </>
  ),
  look: "wrap",
};

const heartbeat: Column<Worker> = {
  title: texts.heartbeat,
  cell: ({ heartbeatAt }) => <Instant at={heartbeatAt} />,
  look: "number",
};

const state: Column<Worker> = {
  title: texts.state,
  cell: (worker) => <WorkerState worker={worker} />,
};

function WorkerState({ worker: { alive, draining } }: { readonly worker: Worker }) {
  if (!alive) return <Mark look="bad">{texts.late}</Mark>;
  return draining
    ? <Mark look="wait">{texts.draining}</Mark>
    : <Mark look="good">{texts.alive}</Mark>;
}

/** The state, with the change of the worker. */
const stateAndDrain: Column<Worker> = {
  title: texts.state,
  cell: (worker) => (
    <div class="state">
      <WorkerState worker={worker} />
      {worker.alive && !worker.draining && mayChangeStore() && <DrainButton worker={worker} />}
    </div>
  ),
};

const columns: readonly Column<Worker>[] = [
  host,
  stateAndDrain,
  heartbeat,
  {
    title: texts.holds,
    cell: ({ holds }) =>
      holds === null ? texts.none : integer(holds.reduce((sum, { count }) => sum + count, 0)),
    look: "number",
  },
  { title: texts.serves, cell: (worker) => <Served worker={worker} />, look: "wrap" },
  { title: texts.knows, cell: ({ serves }) => <Known serves={serves} />, look: "wrap" },
  {
    title: texts.version,
    cell: ({ process }) =>
      process === null ? texts.none : (
        <>
          {process.applicationVersion !== null && (
            <>
              <Name>{process.applicationVersion}</Name>
              {" "}
            </>
          )}
          <span class="faint">
            <Text>{texts.software(process.version, process.runtime)}</Text>
          </span>
        </>
      ),
    look: "wrap",
  },
  {
    title: texts.started,
    cell: ({ startedAt }) => <Instant at={startedAt} />,
    look: "number",
  },
];

/** The columns for a narrow card. The page of the workers has the others. */
const shortColumns = [host, heartbeat, state];

function Served({ worker: { serves, holds } }: { readonly worker: Worker }) {
  if (serves === null) return <>{texts.none}</>;
  const placesText = (queue: string, places: number) => {
    if (holds === null) return texts.places(integer(places));
    const held = holds.find((each) => each.queue === queue)?.count ?? 0;
    return texts.busyOf(integer(Math.min(held, places)), integer(places));
  };
  return (
    <ul class="names">
      {serves.queues.map(({ name, parallelism }) => (
        <li key={name}>
          <QueueLink queue={name} /> <span class="faint">{placesText(name, parallelism)}</span>
        </li>
      ))}
    </ul>
  );
}

/** The number of types that are shown without a click. */
const shownTypes = 5;

function Known({ serves }: Pick<Worker, "serves">) {
  if (serves === null) return <>{texts.none}</>;
  const { types } = serves;
  return (
    <>
      <Types types={types.slice(0, shownTypes)} />
      {types.length > shownTypes && (
        <details>
          <summary class="faint">{texts.more(integer(types.length - shownTypes))}</summary>
          <Types types={types.slice(shownTypes)} />
        </details>
      )}
    </>
  );
}

function Types({ types }: { readonly types: readonly string[] }) {
  return (
    <ul class="names">
      {types.map((type) => (
        <li key={type}>
          <TypeLink type={type} />
        </li>
      ))}
    </ul>
  );
}

/** The workers. */
export function useWorkers(): Resource<Workers> {
  return useResource("workers", {
    changesWith: ({ kind }) => kind === "lost",
    everyMs: 5_000, // heartbeats are no events
  });
}

/** The page, which also shows the lost attempts of the last hour. */
export function WorkersPage() {
  // Sixty minutes, by default.
  const { data } = useResource<Activity>("activity?step=minute", {
    changesWith: ({ kind }) => kind === "lost",
  });
  const lost = data?.items.reduce((sum, step) => sum + step.lost, 0) ?? 0;
  return (
    <WorkersTable
      columns={columns}
      aside={data !== null && texts.lostAttempts(integer(lost))}
    />
  );
}

/** A card with all workers, which is narrow. */
export function WorkersCard() {
  return <WorkersTable columns={shortColumns} />;
}

function WorkersTable({ columns, aside }: {
  readonly columns: readonly Column<Worker>[];
  readonly aside?: ComponentChildren;
}) {
  return (
    <Card title={pageNames.workers} aside={aside}>
      <Loaded from={useWorkers()}>
        {({ items }) =>
          items.length === 0 ? <Empty title={texts.noWorkers} help={texts.noWorkersHelp} /> : (
            <Table
              caption={pageNames.workers}
              columns={columns}
              rows={items}
              keyOf={({ id }) => id}
            />
          )}
      </Loaded>
    </Card>
  );
}

// A table with a column for each property that a page shows.

import type { ComponentChildren } from "preact";

/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** `number` aligns at the end; `rest` takes the remaining space; `extra` is hidden on phones. */
  readonly look?: string;
}

/** A column before the others, such as for checkboxes. */
export interface LeadColumn<Row> {
  readonly head: ComponentChildren;
  readonly cell: (row: Row) => ComponentChildren;
}

/** Shows rows. The first column is the header of its row. */
export function Table<Row>(
  { caption, lead, columns, rows, keyOf }: {
    readonly caption: string;
    readonly lead?: LeadColumn<Row> | undefined;
    readonly columns: readonly Column<Row>[];
    readonly rows: readonly Row[];
    readonly keyOf: (row: Row) => string;
  },
) {
  const [first, ...others] = columns;
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label={caption}>
      <table>
        <thead>
          <tr>
            {lead && <td class="lead">{lead.head}</td>}
            {columns.map(({ title, look }) => <th scope="col" class={look} key={title}>{title}
            </th>)}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {lead && <td class="lead">{lead.cell(row)}</td>}
              <th scope="row" class={first!.look}>{first!.cell(row)}</th>
              {others.map(({ title, cell, look }) => <td class={look} key={title}>{cell(row)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

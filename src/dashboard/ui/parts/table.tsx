// A table with a column for each property that a page shows. On a phone, each row is a block of
// named values, so that nothing is out of sight.

import type { ComponentChildren } from "preact";

/** A column of a table. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  /**
   * `number` aligns at the end, and has its title before it on a phone; `name` is cut if it is
   * long; `rest` takes the remaining space.
   */
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
  // The roles are those that a browser drops while the table is shown as blocks.
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label={caption}>
      <table role="table">
        <thead role="rowgroup">
          <tr role="row">
            {lead && <td class="lead" role="cell">{lead.head}</td>}
            {columns.map(({ title, look }) => (
              <th scope="col" role="columnheader" class={look} key={title}>{title}</th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr role="row" key={keyOf(row)}>
              {lead && <td class="lead" role="cell">{lead.cell(row)}</td>}
              <th scope="row" role="rowheader" class={first!.look}>{first!.cell(row)}</th>
              {others.map(({ title, cell, look }) => (
                <td role="cell" class={look} data-title={title} key={title}>{cell(row)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

// Tables that fit the terminal: the less important columns are left out where it is narrow, and
// texts of any length are cut.

import { oneLine } from "./clean.ts";
import { type Style, styled } from "./style.ts";
import { cutToWidth, padToWidth, widthOf } from "./width.ts";

/** A column of a table. */
export interface Column<T> {
  readonly title: string;
  /** The text of a cell. */
  readonly text: (item: T) => string;
  /** Whether it is a number, at the right of the column. */
  readonly isRight?: boolean;
  /** Whether it may be cut. Other columns are always shown whole. */
  readonly canCut?: boolean;
  /** The larger, the sooner the column is left out of a narrow terminal. @default 0: never */
  readonly rank?: number;
  readonly style?: (item: T) => Style | undefined;
}

const gap = "  ";
/** The least width of a column that is cut. */
const leastWidth = 12;

/** A column with its width. */
interface Placed<T> {
  readonly column: Column<T>;
  readonly width: number;
}

/**
 * Decides which columns are shown, and how wide they are.
 *
 * @param items The items whose cells decide the widths. Cells of later items may be wider.
 * @param total The width of the terminal.
 */
export function placeColumns<T>(
  columns: readonly Column<T>[],
  items: readonly T[],
  total: number,
): Placed<T>[] {
  const natural = columns.map((column) => ({
    column,
    width: Math.max(
      widthOf(column.title),
      ...items.map((item) => widthOf(oneLine(column.text(item)))),
    ),
  }));
  // Leave out the optional columns without content.
  let placed = natural.filter(({ column }) =>
    !column.rank || items.some((item) => column.text(item) !== "")
  );
  const least = ({ column, width }: Placed<T>) =>
    column.canCut ? Math.min(width, Math.max(leastWidth, widthOf(column.title))) : width;
  const sum = (widths: number[]) =>
    widths.reduce((all, width) => all + width, 0) + gap.length * (widths.length - 1);
  while (sum(placed.map(least)) > total) {
    const last = Math.max(...placed.map(({ column }) => column.rank ?? 0));
    if (last === 0) break;
    placed = placed.filter(({ column }) => (column.rank ?? 0) < last);
  }
  return share(placed, least, total - sum(placed.map(least)));
}

/**
 * Widens the columns that are cut, in equal parts as far as they need it.
 *
 * @param left The number of the terminal's columns that are unused.
 */
function share<T>(
  placed: readonly Placed<T>[],
  least: (each: Placed<T>) => number,
  left: number,
): Placed<T>[] {
  const widths = new Map(placed.map((each) => [each, least(each)]));
  const cut = placed.filter((each) => each.width > least(each))
    .sort((a, b) => (a.width - least(a)) - (b.width - least(b)));
  for (const [at, each] of cut.entries()) {
    const part = Math.floor(Math.max(0, left) / (cut.length - at));
    const more = Math.min(part, each.width - least(each));
    widths.set(each, least(each) + more);
    left -= more;
  }
  return placed.map((each) => ({ column: each.column, width: widths.get(each)! }));
}

/** Returns the line of titles. */
export function titleLine<T>(placed: readonly Placed<T>[], hasColours: boolean): string {
  const line = placed.map(({ column: { title, isRight }, width }, at) =>
    at === placed.length - 1 && !isRight ? title : padToWidth(title, width, isRight)
  ).join(gap);
  return styled(line, "bold", hasColours);
}

/** Returns the line of an item. */
export function itemLine<T>(item: T, placed: readonly Placed<T>[], hasColours: boolean): string {
  return placed.map(({ column, width }, at) => {
    const text = oneLine(column.text(item));
    const cut = column.canCut ? cutToWidth(text, width) : text;
    const isLast = at === placed.length - 1;
    const cell = isLast && !column.isRight ? cut : padToWidth(cut, width, column.isRight);
    return styled(cell, column.style?.(item), hasColours);
  }).join(gap).trimEnd();
}

/** Returns an item for another program: its cells whole, with tabs between them. */
export function tabbedLine<T>(item: T, columns: readonly Column<T>[]): string {
  return columns.map(({ text }) => oneLine(text(item))).join("\t");
}

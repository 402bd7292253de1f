// Prints the results of a command: for a person on a terminal, for other programs as lines with
// tabs, or as JSON.

import type { Output } from "./output.ts";
import { safeLines } from "./clean.ts";
import { type Style, styled } from "./style.ts";
import { type Column, itemLine, placeColumns, tabbedLine, titleLine } from "./table.ts";
import { wrapToWidth } from "./width.ts";

/** A labelled value; a label without a value is left out. */
export type Field = readonly [
  label: string,
  value: string | null | undefined,
  style?: Style | undefined,
];

/** Prints to the standard output, and notes for a person to the standard error. */
export class Printer {
  readonly #out: Output;
  readonly #notes: Output;
  /** Whether the results are JSON. */
  readonly isJson: boolean;

  constructor(out: Output, notes: Output, isJson: boolean) {
    this.#out = out;
    this.#notes = notes;
    this.isJson = isJson;
  }

  /** Whether a person reads the results. */
  get isForPerson(): boolean {
    return this.#out.isTerminal && !this.isJson;
  }

  /** Prints a value as JSON in one line. */
  json(value: unknown): Promise<void> {
    return this.#out.write(`${JSON.stringify(value)}\n`);
  }

  /** Prints a text as it is. */
  raw(text: string): Promise<void> {
    return this.#out.write(text);
  }

  /** Prints lines. A long line is wrapped on a terminal. */
  async text(text: string, style?: Style): Promise<void> {
    for (const line of safeLines(text)) {
      const wrapped = this.isForPerson ? wrapToWidth(line, this.#out.columns) : [line];
      for (const part of wrapped) {
        await this.#out.write(`${styled(part, style, this.#out.hasColours)}\n`);
      }
    }
  }

  /** Prints a title, for a person only. */
  async title(text: string): Promise<void> {
    if (this.isForPerson) await this.text(text, "bold");
  }

  /** Prints labelled values. */
  async fields(fields: readonly Field[]): Promise<void> {
    const shown = fields.filter(([, value]) => value !== null && value !== undefined);
    const width = Math.max(...shown.map(([label]) => label.length));
    for (const [label, value, style] of shown) {
      const room = this.isForPerson ? Math.max(20, this.#out.columns - width - 2) : Infinity;
      const lines = safeLines(value!).flatMap((line) =>
        Number.isFinite(room) ? wrapToWidth(line, room) : [line]
      );
      const colours = this.#out.hasColours;
      for (const [at, line] of lines.entries()) {
        const left = styled((at === 0 ? label : "").padEnd(width), "dim", colours);
        await this.#out.write(`${left}  ${styled(line, style, colours)}`.trimEnd() + "\n");
      }
    }
  }

  /**
   * Prints items as they arrive, as a table or as JSON.
   *
   * @param pages The items. The first page decides the widths of the columns.
   * @param toJson Returns the value that is printed for an item as JSON.
   * @returns The number of items.
   */
  async items<T>(
    columns: readonly Column<T>[],
    pages: AsyncIterable<readonly T[]> | Iterable<readonly T[]>,
    toJson: (item: T) => unknown = (item) => item,
  ): Promise<number> {
    let count = 0;
    let placed: ReturnType<typeof placeColumns<T>> | null = null;
    const { hasColours } = this.#out;
    for await (const page of pages) {
      if (page.length === 0) continue;
      count += page.length;
      const lines: string[] = [];
      if (this.isForPerson && placed === null) {
        placed = placeColumns(columns, page, this.#out.columns);
        lines.push(titleLine(placed, hasColours));
      }
      for (const item of page) {
        lines.push(
          this.isJson
            ? JSON.stringify(toJson(item))
            : placed === null
            ? tabbedLine(item, columns)
            : itemLine(item, placed, hasColours),
        );
      }
      await this.#out.write(lines.join("\n") + "\n");
    }
    return count;
  }

  /** Prints a note for a person. Prints nothing if no person reads the results. */
  async note(text: string): Promise<void> {
    if (!this.#notes.isTerminal || !this.isForPerson) return;
    const lines = safeLines(text).flatMap((line) => wrapToWidth(line, this.#notes.columns));
    for (const line of lines) {
      await this.#notes.write(`${styled(line, "dim", this.#notes.hasColours)}\n`);
    }
  }

  /** Prints a message to the standard error, also if the results are JSON or go to a pipe. */
  async warn(text: string): Promise<void> {
    await this.#notes.write(messageLines(text, this.#notes));
  }
}

/** Returns the lines of a message, which are wrapped on a terminal. */
export function messageLines(text: string, { isTerminal, columns }: Output): string {
  const lines = safeLines(text);
  const shown = isTerminal ? lines.flatMap((line) => wrapToWidth(line, columns)) : lines;
  return shown.map((line) => `${line}\n`).join("");
}

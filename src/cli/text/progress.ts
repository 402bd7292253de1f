// A progress bar on a person's terminal, which is removed at the end.

import type { Output } from "./output.ts";
import { numberWords } from "./words.ts";
import { cutToWidth } from "./width.ts";

const barWidth = 20;

/** Shows the progress of long work. */
export class Progress {
  readonly #out: Output;
  readonly #what: string;
  readonly #isShown: boolean;
  #total: number | null;

  /**
   * @param out The standard error.
   * @param what What is counted, such as `tasks`.
   * @param total The number at the end; null if it is unknown.
   */
  constructor(out: Output, what: string, total: number | null, isShown: boolean) {
    this.#out = out;
    this.#what = what;
    this.#total = total;
    this.#isShown = isShown && out.isTerminal;
  }

  /** Shows the number of things that are done, followed by a note. */
  async show(done: number, note = ""): Promise<void> {
    if (!this.#isShown) return;
    if (this.#total !== null && done > this.#total) this.#total = done;
    const line = this.#total === null
      ? `${numberWords(done)} ${this.#what}`
      : `${bar(done, this.#total)} ${numberWords(done)} of ${
        numberWords(this.#total)
      } ${this.#what}`;
    const text = note === "" ? line : `${line}, ${note}`;
    await this.#out.write(`\r\u001b[K${cutToWidth(text, this.#out.columns - 1)}`);
  }

  /** Removes the bar. */
  async end(): Promise<void> {
    if (this.#isShown) await this.#out.write("\r\u001b[K");
  }
}

function bar(done: number, total: number): string {
  const filled = total === 0 ? barWidth : Math.floor(barWidth * done / total);
  return `[${"#".repeat(filled)}${" ".repeat(barWidth - filled)}]`;
}

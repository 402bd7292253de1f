// A bar that is redrawn in a terminal, and one line every tenth of the way where the output goes
// elsewhere.

/** What the bar is written to, such as `process.stdout`. */
export interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const width = 30;
const clearLine = "\r\x1b[K";

/** Shows how far something is. */
export class ProgressBar {
  readonly #output: Output;
  #tenthsTold = -1;

  constructor(output: Output) {
    this.#output = output;
  }

  /** Shows the progress. */
  draw(done: number, total: number): void {
    const share = total === 0 ? 1 : Math.min(1, done / total);
    const text = `${Math.floor(100 * share)} % · ${done} of ${total} files`;
    if (this.#output.isTTY) {
      const filled = Math.floor(width * share);
      const bar = "█".repeat(filled) + "░".repeat(width - filled);
      this.#output.write(`${clearLine}${bar} ${text}`);
      return;
    }
    const tenths = Math.floor(10 * share);
    if (tenths === this.#tenthsTold) return;
    this.#tenthsTold = tenths;
    this.#output.write(`${text}\n`);
  }

  /** Writes a line above the bar. */
  note(text: string): void {
    this.#output.write(`${this.#output.isTTY ? clearLine : ""}${text}\n`);
  }

  /** Shows the end, and leaves the line. */
  end(done: number, total: number): void {
    this.draw(done, total);
    if (this.#output.isTTY) this.#output.write("\n");
  }
}

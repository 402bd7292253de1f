// A progress bar, which is redrawn in a terminal. Other outputs get one line for each tenth of the
// work.

/** The output of the bar, such as `process.stdout`. */
export interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

const width = 30;
const clearLine = "\r\x1b[K";

/** Shows progress. */
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

  /** Shows the end, and begins a new line. */
  end(done: number, total: number): void {
    this.draw(done, total);
    if (this.#output.isTTY) this.#output.write("\n");
  }
}

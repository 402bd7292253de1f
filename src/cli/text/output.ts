// The streams of the program.

/** A stream that a person or another program reads. */
export interface Output {
  /** Whether it is a terminal. */
  readonly isTerminal: boolean;
  /** The width of the terminal in columns. */
  readonly columns: number;
  /** Whether colours may be written. */
  readonly hasColours: boolean;
  /** Writes a text, and resolves when the reader has taken it. */
  write(text: string): Promise<void>;
}

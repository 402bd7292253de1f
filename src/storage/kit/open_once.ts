// Opens and closes a resource for callers that may do either at any time, also concurrently.

import { checkCallback, checkOptions, checkText } from "../../guards/argument_checks.ts";
import { StorageClosedError } from "../errors.ts";

/** Returns the error of an operation that was called before `open` or after `close`. */
export function notOpen(what: string): StorageClosedError {
  checkText(what, "what");
  return new StorageClosedError(
    `The ${what} is not open: call open() before, and nothing after close().`,
  );
}

/**
 * A resource of an open storage, such as its pool. Concurrent calls of `open` open it once. A
 * failed `open` can be retried. `close` waits for an `open` in progress.
 *
 * @example
 * ```ts
 * import { OpenOnce } from "@evertask/evertask/storage";
 *
 * const connection = new OpenOnce({
 *   what: "example storage",
 *   open: () => Promise.resolve({ id: 7 }),
 *   close: ({ id }) => console.log(`connection ${id} is closed`),
 * });
 * await connection.open();
 * console.log(connection.opened.id);
 * await connection.close();
 * ```
 */
export class OpenOnce<Opened extends object> {
  readonly #what: string;
  readonly #open: () => Promise<Opened>;
  readonly #close: (opened: Opened) => void | Promise<void>;
  #opening: Promise<Opened> | null = null;
  #opened: Opened | null = null;

  /**
   * Creates a resource that is not open yet.
   *
   * @param steps `what`: names the storage in the error of {@linkcode OpenOnce.opened}, as in "the
   * MySQL storage"; `open`: called to open the resource, unless it is open or opening; `close`:
   * called once for each `open` that succeeded.
   * @throws {InvalidArgumentError} If a step has the wrong type.
   */
  constructor(
    steps: {
      readonly what: string;
      readonly open: () => Promise<Opened>;
      readonly close: (opened: Opened) => void | Promise<void>;
    },
  ) {
    checkOptions(steps, { what: true, open: true, close: true }, "steps");
    const { what, open, close } = steps;
    checkText(what, "what");
    checkCallback(open, "open");
    checkCallback(close, "close");
    this.#what = what;
    this.#open = open;
    this.#close = close;
  }

  /** Opens the resource, unless it is open or opening. Rejects with the error of `open`. */
  async open(): Promise<Opened> {
    const opening = this.#opening ??= this.#open();
    try {
      const opened = await opening;
      if (this.#opening === opening) this.#opened = opened;
      return opened;
    } catch (error) {
      if (this.#opening === opening) this.#opening = null;
      throw error;
    }
  }

  /** Closes the resource if it is open or opening. */
  async close(): Promise<void> {
    const opening = this.#opening;
    this.#opening = null;
    this.#opened = null;
    const opened = await opening?.catch(() => null);
    if (opened) await this.#close(opened);
  }

  /** Whether the resource is open. */
  get isOpen(): boolean {
    return this.#opened !== null;
  }

  /**
   * The resource that `open` resolved to.
   *
   * @throws {StorageClosedError} If it is not open.
   */
  get opened(): Opened {
    if (this.#opened !== null) return this.#opened;
    throw notOpen(this.#what);
  }
}

// Identifies the file of a database. If a backup is renamed over it, the name stays the same, but
// later writes to the open file are lost.

import { statSync } from "node:fs";
import { StorageError } from "../../src/storage/errors.ts";
import type { Clock } from "../../src/time/clock.ts";

/** The interval of checks in milliseconds. A check takes some microseconds. */
const lookEveryMs = 250;

/** Detects that another file has replaced the file of an open database. */
export class FileIdentity {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #identity: string | null;
  #lookedAt: number;

  /**
   * @param path The path of an existing file. For a database in memory, there is no file, and every
   * check succeeds.
   */
  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
    this.#identity = identify(path);
    this.#lookedAt = clock.monotonic();
  }

  /** Reports whether any file has the path. */
  isThere(): boolean {
    return identify(this.#path) !== null;
  }

  /**
   * Checks whether the file is still the same, unless the last check was within the interval.
   *
   * @throws {StorageError} If the file was replaced or is gone.
   */
  check(): void {
    const now = this.#clock.monotonic();
    if (this.#identity === null || now - this.#lookedAt < lookEveryMs) return;
    const found = identify(this.#path);
    if (found === this.#identity) {
      this.#lookedAt = now;
      return;
    }
    throw new StorageError(
      found === null
        ? `${this.#path} is gone: it was deleted or renamed while it was open. Put it back, or open the storage again to begin ` +
          "with an empty file."
        : `${this.#path} was replaced by another file, such as a backup, while it was open. What was ` +
          "written since then is only in the old file. The next call opens the new file.",
    );
  }
}

/** Returns the identity of a file; null if there is none or it is unknown. */
function identify(path: string): string | null {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return null;
  }
}

// The records of a process: one line of JSON for each call of the store, its result, and each entry
// of the history. A line is written at once, so that it survives a kill of the process.

import type { CallEntry, HandlerEntry, ProcessEntry } from "../../src/testing/checker/history.ts";
import type { HistoryLog } from "../../src/testing/simulation/history_log.ts";
import type { Verb } from "../../src/testing/simulation/network.ts";
import { wallClock } from "../support/wall_clock.ts";

/** A line of records. Instants are in milliseconds from the start of the history. */
export type RecordLine =
  | {
    readonly is: "call";
    readonly at: number;
    readonly call: number;
    readonly verb: Verb;
    readonly args: readonly unknown[];
    /** Whether it is part of a transaction of the application, which may roll back. */
    readonly inTransaction?: boolean;
  }
  | { readonly is: "answer"; readonly at: number; readonly call: number; readonly result: unknown }
  | { readonly is: "error"; readonly at: number; readonly call: number; readonly name: string }
  | {
    readonly is: "entry";
    readonly at: number;
    readonly entry: CallEntry | HandlerEntry | ProcessEntry;
  };

/** A line without its instant. */
type Unstamped<Line> = Line extends unknown ? Omit<Line, "at"> : never;

const encoder = new TextEncoder();
const now = wallClock(); // the database's clock is compared with it

/** Writes records. */
export class RecordFile implements HistoryLog, Disposable {
  readonly #file: Deno.FsFile;
  readonly #startsAt: number;

  /** @param startsAt The beginning of the history, in epoch milliseconds. */
  constructor(path: string, startsAt: number) {
    this.#file = Deno.openSync(path, { create: true, append: true });
    this.#startsAt = startsAt;
    this.#file.writeSync(encoder.encode("\n")); // ends the line that a kill has cut short
  }

  write(line: Unstamped<RecordLine>): void {
    const at = now() - this.#startsAt;
    let bytes = encoder.encode(
      `${JSON.stringify({ at: Math.round(at * 1000) / 1000, ...line })}\n`,
    );
    while (bytes.length > 0) bytes = bytes.subarray(this.#file.writeSync(bytes));
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }

  /** Tasks have their ids as names. They are renamed when the records are merged. */
  taskName(id: string): string {
    return id;
  }

  sinceStart(at: Date): number {
    return at.getTime() - this.#startsAt;
  }

  add(_: string, entry: CallEntry | HandlerEntry | ProcessEntry): void {
    this.write({ is: "entry", entry });
  }
}

/** Reads the records of a process. A line that a kill has cut short is omitted. */
export function readRecords(path: string): RecordLine[] {
  return Deno.readTextFileSync(path).split("\n").flatMap((line) => {
    try {
      return [JSON.parse(line)];
    } catch {
      return [];
    }
  });
}

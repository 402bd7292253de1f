// Collects rows for bulk statements until each statement is full.

import type { BulkStatement } from "./bulk_statement.ts";
import type { SqliteValue } from "./sqlite_library.ts";

/** The rows of one statement. */
export interface BulkGroup {
  readonly statement: BulkStatement;
  /** The shared parameters, followed by those of the rows. */
  readonly parameters: SqliteValue[];
}

/**
 * The maximum number of open groups. It is low, because each new row is compared with all open
 * groups.
 */
const mostOpen = 8;

/** Collects rows in groups, and writes each group when it is full. */
export class BulkGroups<Group extends BulkGroup> {
  readonly #write: (group: Group) => void;
  #open: Group[] = [];

  constructor(write: (group: Group) => void) {
    this.#write = write;
  }

  /** Returns the group for a row; undefined if there is none yet. */
  find(takes: (group: Group) => boolean): Group | undefined {
    return this.#open.find(takes);
  }

  /** Opens a group. Writes and closes the oldest if there are too many. */
  open(group: Group): Group {
    if (this.#open.length === mostOpen) this.#write(this.#open.shift()!);
    this.#open.push(group);
    return group;
  }

  /** Writes and closes a group to which a row was added, if it is full. */
  added(group: Group): void {
    if (group.parameters.length < group.statement.mostParameters) return;
    this.#open = this.#open.filter((each) => each !== group);
    this.#write(group);
  }

  /** Writes all groups. */
  flush(): void {
    for (const group of this.#open.splice(0)) this.#write(group);
  }
}

// Status audit rows, many tasks a statement. Nearly all tasks of a batch go through the same
// statuses without an exception, so these are bound once a statement: each parameter has its price,
// and texts the highest.

import type { StatusTransition } from "../../src/storage/requests.ts";
import type { TaskStatus } from "../../src/storage/task_status.ts";
import { BulkStatement } from "./bulk_statement.ts";
import type { SqliteValue } from "./sqlite_library.ts";

/** How many transitions of one task make a pattern; more are two patterns. */
const mostTransitions = 4;

/**
 * Statuses that a task went through one after the other, with an exception at most for the last.
 */
export class TransitionPattern {
  readonly statuses: readonly TaskStatus[];
  /** Its parameters are the first row's sequence, the statuses, and what each task adds. */
  readonly statement: BulkStatement;
  readonly #fails: boolean;

  static readonly #known = new Map<string, TransitionPattern>();

  private constructor(statuses: readonly TaskStatus[], fails: boolean) {
    this.statuses = statuses;
    this.#fails = fails;
    this.statement = insertTransitions(statuses.length, fails);
  }

  /** The pattern of the transitions from an index on. */
  static of(transitions: readonly StatusTransition[], from: number): TransitionPattern {
    let fails = false;
    let name = "";
    let end = from;
    while (end < transitions.length && end - from < mostTransitions && !fails) {
      const { status, exception } = transitions[end++]!;
      fails = exception !== null;
      name += fails ? `${status}!` : `${status},`;
    }
    let pattern = TransitionPattern.#known.get(name);
    if (pattern === undefined) {
      const statuses = transitions.slice(from, end).map(({ status }) => status);
      TransitionPattern.#known.set(name, pattern = new TransitionPattern(statuses, fails));
    }
    return pattern;
  }

  /** How many transitions it has. */
  get length(): number {
    return this.statuses.length;
  }

  /**
   * Adds the parameters of one task's rows.
   *
   * @param transitions The pattern is theirs from index `from` on.
   * @param now The storage's clock.
   */
  addTo(
    parameters: SqliteValue[],
    taskId: string,
    transitions: readonly StatusTransition[],
    from: number,
    now: number,
  ): void {
    parameters.push(taskId);
    const end = from + this.length;
    for (let i = from; i < end; i++) parameters.push(Math.round(now - transitions[i]!.agoMs));
    if (this.#fails) parameters.push(transitions[end - 1]!.exception);
  }
}

/** Inserts the rows of tasks that each went through `count` statuses. */
function insertTransitions(count: number, fails: boolean): BulkStatement {
  const places = Array.from({ length: count }, (_, place) => place);
  const row = (task: number, first: number, place: number) => {
    const exception = fails && place === count - 1 ? `?${first + 1 + count}` : "NULL";
    const sequence = `?1 + ${task * count + place}`;
    return `(${sequence}, ?${first}, ?${first + 1 + place}, ?${2 + place}, ${exception})`;
  };
  return new BulkStatement({
    text: (firsts) =>
      "INSERT INTO status_audit (sequence, queued_task_id, updated_at_utc, new_status, exception) " +
      `VALUES ${
        firsts.flatMap((first, task) => places.map((place) => row(task, first, place))).join(", ")
      }`,
    columns: 1 + count + (fails ? 1 : 0),
    shared: 1 + count,
  });
}

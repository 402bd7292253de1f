// Writes status audit rows of many tasks per statement. Nearly all tasks of a batch have the same
// transitions without an exception. The statuses are bound only once per statement, because each
// parameter has a cost, and text parameters have the highest.

import type { StatusTransition } from "../../src/storage/requests.ts";
import type { TaskStatus } from "../../src/storage/task_status.ts";
import { BulkStatement } from "./bulk_statement.ts";
import type { SqliteValue } from "./sqlite_library.ts";

/** The maximum number of transitions in a pattern. More transitions form several patterns. */
const mostTransitions = 4;

/** A sequence of statuses of a task. Only the last status may have an exception. */
export class TransitionPattern {
  readonly statuses: readonly TaskStatus[];
  /**
   * The statement. Its parameters are the first row's sequence number, the statuses, and the
   * parameters of each task.
   */
  readonly statement: BulkStatement;
  readonly #fails: boolean;

  static readonly #known = new Map<string, TransitionPattern>();

  private constructor(statuses: readonly TaskStatus[], fails: boolean) {
    this.statuses = statuses;
    this.#fails = fails;
    this.statement = insertTransitions(statuses.length, fails);
  }

  /** Returns the pattern of the transitions from an index on. */
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

  /** The number of transitions. */
  get length(): number {
    return this.statuses.length;
  }

  /**
   * Adds the parameters of one task's rows.
   *
   * @param transitions The transitions, which have this pattern from index `from` on.
   * @param now The time of the storage's clock.
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

/** Creates the statement for tasks with `count` transitions each. */
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

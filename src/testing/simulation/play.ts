// What a handler does in a drawn scenario.

/**
 * The behaviour of a handler in one attempt. `work` takes some time and obeys its signal; `deaf`
 * takes some time and ignores it; `complete` completes its task in a transaction of its own, and
 * `rollBack` does so in one that is rolled back, and then throws.
 */
export type Act =
  | "return"
  | "work"
  | "deaf"
  | "throw"
  | "throwOdd"
  | "dispatch"
  | "complete"
  | "rollBack";

/** The payload of a task. */
export interface Play {
  /** The number of the dispatch; 0 for dispatches of handlers. */
  readonly number: number;
  /** The behaviour in each attempt. The last one also applies to later attempts. */
  readonly acts: readonly Act[];
  /** The duration of `work` and `deaf`, in milliseconds. */
  readonly takesMs: number;
}

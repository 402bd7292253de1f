// The tasks that this process holds, and so must not give back as unknown.

/** A task that this process holds, or a place that is reserved for one on its way to it. */
export interface HeldTask {
  readonly id: string;
}

/**
 * The tasks of a worker, from the claim (or the reservation) to the last write. A set of objects
 * takes in a new one ten times as fast as a set of ids takes in a new text, which has to be hashed.
 */
export type HeldTasks = Set<HeldTask>;

// The order in which waiting tasks run: longest due first, then lowest id.

/** The fields that determine the order of tasks. */
export interface Due {
  readonly id: string;
  /** The due instant, which is not null while the task waits. */
  readonly dueAt: number | null;
}

/** Reports whether `a` runs before `b`, if both have the same priority. */
export function isBefore(a: Due, b: Due): boolean {
  return a.dueAt! < b.dueAt! || (a.dueAt === b.dueAt && a.id < b.id);
}

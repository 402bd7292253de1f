// Finds out since when the tasks that a worker holds were claimed. Each heartbeat reports it, so
// that storage finds the tasks of a lost worker among its recent claims, however long it has run.

import type { HeldTask, HeldTasks } from "../held_tasks.ts";

/** The dependencies of a {@linkcode ClaimMark}. */
export interface ClaimMarkParts {
  /** The tasks that this process holds, and the places of tasks that are being stored for it. */
  readonly held: HeldTasks;
  /** The claims that are not answered. */
  readonly openClaims: ReadonlySet<object>;
  /** Returns whether the worker may hold tasks that it does not know. */
  readonly mayHoldUnknown: () => boolean;
}

/**
 * Follows one mark at a time: an instant at or after which storage dates all claims that are sent
 * from now on; see {@linkcode HeartbeatResult.claimsFrom}. The mark is proven once everything that
 * may be older has ended: the claims and dispatches that were in progress, the tasks that they have
 * brought, and the tasks that were held. The cost is that of a few heartbeats, not of each task.
 */
export class ClaimMark {
  readonly #parts: ClaimMarkParts;
  #mark: number | null = null;
  /** The requests and tasks that may be older than the mark. */
  #older = new Set<object>();
  /** Whether all requests in `#older` have ended, so that `held` has the tasks that they brought. */
  #knowsAll = false;

  constructor(parts: ClaimMarkParts) {
    this.#parts = parts;
  }

  /** Begins to follow the mark in the answer to a heartbeat, unless there is one. */
  follow(claimsFrom: number | undefined): void {
    if (this.#mark !== null || claimsFrom === undefined || this.#parts.mayHoldUnknown()) return;
    this.#mark = claimsFrom;
    this.#older = new Set<object>([...this.#parts.held, ...this.#parts.openClaims]);
    this.#knowsAll = false;
  }

  /** Gives the mark up, because another worker's id is used from now on. */
  forget(): void {
    this.#mark = null;
    this.#older.clear();
  }

  /**
   * Returns the mark once it is proven, and gives it up: the worker holds no task that it claimed
   * earlier. Returns undefined otherwise.
   */
  take(): number | undefined {
    if (this.#parts.mayHoldUnknown()) this.forget();
    if (this.#mark === null) return undefined;
    const { held, openClaims } = this.#parts;
    for (const each of this.#older) {
      if (!held.has(each as HeldTask) && !openClaims.has(each)) this.#older.delete(each);
    }
    if (this.#older.size > 0) return undefined;
    if (!this.#knowsAll) {
      this.#knowsAll = true;
      this.#older = new Set(held);
      if (this.#older.size > 0) return undefined;
    }
    const proven = this.#mark;
    this.forget();
    return proven;
  }
}

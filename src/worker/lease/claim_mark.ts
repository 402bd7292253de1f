// Finds an instant before which the worker claimed none of the tasks that it still holds.
// Heartbeats report this instant. Storage then finds the tasks of a lost worker among its recent
// claims, however long the worker has run.

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
  /** Whether all requests in `#older` have ended, and `held` has the tasks that they brought. */
  #knowsAll = false;

  constructor(parts: ClaimMarkParts) {
    this.#parts = parts;
  }

  /** Begins to follow the mark in the answer to a heartbeat, unless a mark is already followed. */
  follow(claimsFrom: number | undefined): void {
    if (this.#mark !== null || claimsFrom === undefined || this.#parts.mayHoldUnknown()) return;
    this.#mark = claimsFrom;
    this.#older = new Set<object>([...this.#parts.held, ...this.#parts.openClaims]);
    this.#knowsAll = false;
  }

  /** Gives the mark up. Called when the worker gets another id. */
  forget(): void {
    this.#mark = null;
    this.#older.clear();
  }

  /**
   * If the mark is proven, returns the mark and gives it up. The worker then holds no task that it
   * claimed before the mark. Otherwise returns undefined.
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

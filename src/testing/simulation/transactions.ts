// Transactions of users in a simulated world. No store keeps a transaction open. A write whose
// transaction will commit is applied at once. A write whose transaction will roll back is not
// applied: it only returns the result that it would have had.

import type { Storage } from "../../storage/storage.ts";
import type { Lease, NewTask } from "../../storage/requests.ts";

/** A transaction of a user. */
export interface SimulatedTransaction {
  readonly commits: boolean;
}

/**
 * Does some work in a transaction of the application, which then commits or rolls back. Resolves to
 * the result of the work, or to null if it was rolled back. Rejects if the work does, or if the
 * transaction could not be committed.
 */
export type RunTransaction = <Result>(
  commits: boolean,
  work: (connection: unknown) => Promise<Result>,
) => Promise<Result | null>;

/** The transactions of a simulated world. */
export const runSimulated: RunTransaction = async (commits, work) => {
  const connection: SimulatedTransaction = { commits };
  const result = await work(connection);
  return commits ? result : null;
};

/** Returns the transaction in `args`, the arguments of a storage method; undefined if none. */
export function transactionOf(args: readonly unknown[]): SimulatedTransaction | undefined {
  const options = args[1] as { readonly connection?: SimulatedTransaction } | undefined;
  return typeof options === "object" ? options?.connection : undefined;
}

/** Wraps a store so that its writes may be part of a {@linkcode SimulatedTransaction}. */
export function withTransactions(store: Storage): Storage {
  const answers: Partial<Record<keyof Storage, (writes: never) => Promise<unknown>>> = {
    persist: (tasks: readonly NewTask[]) =>
      Promise.resolve(tasks.map(({ id }) => ({ id, outcome: "created", claimed: false }))),
    setStatusMany: (changes: readonly FencedWrite[]) => answerWrites(store, changes),
    updateCurrentRunMany: (runs: readonly FencedWrite[]) => answerWrites(store, runs),
  };
  return new Proxy(store, {
    get(target, property) {
      const member = Reflect.get(target, property, target);
      if (typeof member !== "function") return member;
      const answer = answers[property as keyof Storage];
      return (...args: unknown[]) => {
        const transaction = answer === undefined ? undefined : transactionOf(args);
        if (transaction === undefined) return Reflect.apply(member, target, args);
        if (transaction.commits) return Reflect.apply(member, target, args.slice(0, 1));
        return answer!(args[0] as never);
      };
    },
  });
}

/** A write that is applied if its lease is held. */
interface FencedWrite {
  readonly taskId: string;
  readonly lease?: Lease;
}

async function answerWrites(store: Storage, writes: readonly FencedWrite[]) {
  const results: { readonly applied: boolean }[] = [];
  for (const { taskId, lease } of writes) {
    const row = await store.get(taskId);
    const applied = row !== null && row.workerId === lease?.workerId &&
      row.leaseToken === lease.token;
    results.push({ applied });
  }
  return results;
}

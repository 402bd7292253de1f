// A connection on which one statement fails as if another connection held the lock.

import type { SqliteConnection } from "../../../drivers/sqlite/mod.ts";

/**
 * Makes one statement fail, before or after the database has executed it. (Even a COMMIT that fails
 * may have been executed.)
 */
export class Fault {
  readonly #moment: "before" | "after";
  #left = 0;

  constructor(moment: "before" | "after") {
    this.#moment = moment;
  }

  /** Makes the n-th statement from now on fail; with 0, none. */
  failAt(n: number): void {
    this.#left = n;
  }

  /** Wraps a connection so that its statements fail as `failAt` requests. */
  wrap<T extends SqliteConnection>(connection: T): T {
    return this.#wrap(connection, (method, result) => {
      return method === "prepare" ? this.#wrap(result as object, (_, rows) => rows) : result;
    });
  }

  #wrap<T extends object>(target: T, onResult: (method: unknown, result: unknown) => unknown): T {
    return new Proxy(target, {
      set: (target, property, value) => Reflect.set(target, property, value, target),
      get: (target, property) => {
        const member = Reflect.get(target, property, target);
        if (typeof member !== "function") return member;
        const executes = ["exec", "run", "get", "all"].includes(String(property));
        return (...args: unknown[]) => {
          const call = () => onResult(property, Reflect.apply(member, target, args));
          return executes ? this.#perhaps(call) : call();
        };
      },
    });
  }

  #perhaps(execute: () => unknown): unknown {
    const strikes = this.#left > 0 && --this.#left === 0;
    if (!strikes) return execute();
    if (this.#moment === "after") execute();
    throw new Error("database is locked");
  }
}

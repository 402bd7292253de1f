// The types of the contract's methods, for classes that implement them one by one.

import type { Storage } from "../storage.ts";

/**
 * The arguments of a method of the contract, as a tuple.
 *
 * @example
 * ```ts
 * import type { VerbArguments, VerbResult } from "@evertask/evertask/storage";
 *
 * class Example {
 *   get(...[taskId]: VerbArguments<"get">): VerbResult<"get"> {
 *     return Promise.reject(new Error(`There is no task ${taskId}.`));
 *   }
 * }
 * ```
 */
export type VerbArguments<Verb extends keyof Storage> = Storage[Verb] extends
  (...args: infer A) => unknown ? A : never;

/** The result type of a method of the contract; for most methods, a promise. */
export type VerbResult<Verb extends keyof Storage> = Storage[Verb] extends
  (...args: never[]) => infer R ? R : never;

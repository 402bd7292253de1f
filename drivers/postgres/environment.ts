// The environment of the process: read for missing parts of the URL, and hidden from postgres.js,
// which always reads it.

import { userInfo } from "node:os";
import process from "node:process";

/**
 * The environment, for the missing parts of a URL. The methods throw if the runtime forbids reading
 * it.
 */
export interface Environment {
  /** A variable; undefined when it is not set. */
  variable(name: string): string | undefined;
  /** The name of the process's user. */
  userName(): string;
}

/** The environment of this process. */
export const processEnvironment: Environment = {
  variable: (name) => process.env[name],
  userName: () => userInfo().username,
};

/** A variable; empty when it is not set or must not be read. */
export function variableIfAny(environment: Environment, name: string): string {
  try {
    return environment.variable(name) ?? "";
  } catch {
    return "";
  }
}

/**
 * Calls a function with an empty environment. postgres.js reads variables even if all its options
 * are set, which throws in Deno without the permission.
 */
export function withoutEnvironment<T>(call: () => T): T {
  const { env } = process;
  process.env = {};
  try {
    return call();
  } finally {
    process.env = env;
  }
}

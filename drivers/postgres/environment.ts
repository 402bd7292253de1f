// Reads the environment of the process for missing parts of the URL, and hides it from postgres.js,
// which would always read it.

import { userInfo } from "node:os";
import process from "node:process";

/**
 * The environment, for the missing parts of a URL. The methods throw if the runtime forbids reading
 * it.
 */
export interface Environment {
  /** Returns a variable; undefined if it is not set. */
  variable(name: string): string | undefined;
  /** Returns the name of the process's user. */
  userName(): string;
}

/** The environment of this process. */
export const processEnvironment: Environment = {
  variable: (name) => process.env[name],
  userName: () => userInfo().username,
};

/** Returns a variable; empty if it is not set or reading it is not permitted. */
export function variableIfAny(environment: Environment, name: string): string {
  try {
    return environment.variable(name) ?? "";
  } catch {
    return "";
  }
}

/**
 * Calls a function with an empty environment. postgres.js reads variables even if all its options
 * are set. In Deno without the permission, reading a variable would throw.
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

// The environment of the process: read where the URL leaves something out, and kept from
// postgres.js, which always reads it.

import { userInfo } from "node:os";
import process from "node:process";

/** Where to look for what a URL leaves out. The runtime may forbid it: then the methods throw. */
export interface Environment {
  /** A variable; undefined when it is not set. */
  variable(name: string): string | undefined;
  /** The name of the user as whom the process runs. */
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
 * Calls a function for which the environment is empty. postgres.js reads variables even when it is
 * told everything, and Deno makes that an error in a program that may not read them.
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

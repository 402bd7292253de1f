// Reads the options of a command, and prints its usage for `--help` or after a mistake.

import process from "node:process";
import { parseArgs, type ParseArgsOptionsConfig } from "node:util";

/**
 * Reads the options of this process. With `--help`, prints the usage and exits with 0. With an
 * invalid option, prints the mistake and the usage, and exits with 2.
 */
export function readOptions<const Options extends ParseArgsOptionsConfig>(
  usage: string,
  options: Options,
) {
  const read = () => parseArgs({ options: { ...options, help: { type: "boolean" } } }).values;
  let values: ReturnType<typeof read>;
  try {
    values = read();
  } catch (error) {
    return refuse(usage, (error as Error).message);
  }
  if ((values as { help?: boolean }).help !== true) return values;
  console.log(usage);
  return process.exit(0);
}

/** Reads the value of an option that takes a whole number; exits with 2 if it is not one. */
export function wholeNumber(usage: string, name: string, value: unknown): number {
  const number = Number(value);
  if (value !== "" && Number.isSafeInteger(number) && number >= 0) return number;
  return refuse(usage, `--${name} must be a whole number, not ${JSON.stringify(value)}.`);
}

function refuse(usage: string, mistake: string): never {
  console.error(`${mistake}\n\n${usage}`);
  return process.exit(2);
}

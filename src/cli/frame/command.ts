// The shape of a command.

import type { Maintenance } from "../../storage/maintenance.ts";
import type { Host, ServedDashboard } from "./host.ts";
import type { OperatedStore } from "./operated_store.ts";
import type { Printer } from "../text/printer.ts";

/** An option of a command. */
export interface Option {
  /** The name of its value in the help, such as `ID`; absent for a flag. */
  readonly value?: string;
  /** The help. */
  readonly help: string;
  /** Whether the option may be repeated, or have several values with commas between them. */
  readonly isList?: true;
  /** The allowed values, for checks and completion. */
  readonly choices?: readonly string[];
}

/** The options of a command by name, as after `--`. */
export type Options = Readonly<Record<string, Option>>;

/** The values of the options that are given, by name; true for flags. */
export type Values = Readonly<Record<string, string | true | readonly string[] | undefined>>;

/** The parameters of a command. */
export interface Call {
  readonly host: Host;
  /** The values of its options. */
  readonly values: Values;
  /** The arguments that are not options. */
  readonly args: readonly string[];
  readonly print: Printer;
  /** Opens the store, which is closed after the command. */
  store(): Promise<OperatedStore>;
  /** Opens the maintenance of the database, which is closed after the command. */
  maintenance(): Promise<Maintenance>;
  /** Serves the dashboard, which is stopped after the command. */
  dashboard(port: number): Promise<ServedDashboard>;
}

/** The exit codes. 0: done. 1: found a problem, or could not finish. 2: invalid arguments. */
export type ExitCode = 0 | 1 | 2;

/** A command. */
export interface Command {
  /** The name, such as `tasks list`. */
  readonly name: string;
  /** Whether the first word of its name is enough to call the command. */
  readonly isDefault?: true;
  /** What it does, in one line. */
  readonly summary: string;
  /** Its arguments in the usage, such as `ID…`. */
  readonly args?: string;
  /** The least and the greatest number of arguments. @default none */
  readonly argCount?: readonly [least: number, most: number];
  readonly options?: Options;
  /** A longer description, for the help. */
  readonly about?: string;
  /** Examples, without `evertask`. */
  readonly examples: readonly string[];
  /**
   * Whether `run` handles {@linkcode Host.interrupted}: it finishes the change that is under way,
   * and then resolves. Other commands are abandoned at once.
   */
  readonly endsItself?: true;
  /** Runs the command. */
  run(call: Call): Promise<ExitCode>;
}

/** Returns the value of an option; undefined if it is not given. */
export function textOption(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === "string" ? value : undefined;
}

/** Returns the values of an option that is a list; undefined if it is not given. */
export function listOption(values: Values, name: string): readonly string[] | undefined {
  const value = values[name];
  return Array.isArray(value) ? value : undefined;
}

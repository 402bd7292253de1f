// The words that scripts for completion offer.

import type { Command, Options } from "../frame/command.ts";
import { commonOptions } from "../frame/parse.ts";

/** An option to complete. */
export interface OptionWords {
  /** The name, such as `--status`. */
  readonly name: string;
  readonly help: string;
  /** Whether it takes a value. */
  readonly hasValue: boolean;
  /** The words for its value; empty for any text. */
  readonly values: readonly string[];
  /** Whether its value is a file. */
  readonly isFile: boolean;
}

/** A command to complete. */
export interface CommandWords {
  /** The first word of its name. */
  readonly first: string;
  /** The second word of its name; empty if there is only one. */
  readonly second: string;
  readonly summary: string;
  readonly options: readonly OptionWords[];
}

function optionWords(options: Options): OptionWords[] {
  return Object.entries(options).map(([name, { value, help, choices }]) => ({
    name: `--${name}`,
    help,
    hasValue: value !== undefined,
    values: choices ?? [],
    isFile: value === "FILE",
  }));
}

/** The options of every command. */
export const commonWords: readonly OptionWords[] = optionWords(commonOptions);

/** Returns the words of commands. */
export function commandWordsOf(commands: readonly Command[]): CommandWords[] {
  return commands.map(({ name, summary, options = {} }) => {
    const [first = "", second = ""] = name.split(" ");
    return { first, second, summary, options: [...optionWords(options), ...commonWords] };
  });
}

/** Returns the first words, each once. */
export function firstWords(commands: readonly CommandWords[]): string[] {
  return [...new Set(commands.map(({ first }) => first))];
}

/** Returns the second words after a first one. */
export function secondWords(commands: readonly CommandWords[], first: string): string[] {
  return commands.filter((command) => command.first === first && command.second !== "")
    .map(({ second }) => second);
}

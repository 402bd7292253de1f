// Parses the arguments of the program: finds the command, and reads its options. Errors never
// repeat the value of an option, which may be a secret.

import { parseArgs } from "node:util";
import { similarName } from "../../guards/similar_name.ts";
import type { Command, Option, Options, Values } from "./command.ts";
import { hideSecrets } from "./secrets.ts";
import { UsageError } from "./usage_error.ts";

/** The options of every command. */
export const commonOptions = {
  storage: {
    value: "URL",
    help: "The database: sqlite:app.db, postgres://…, mssql://… (default: EVERTASK_STORAGE)",
  },
  schema: { value: "NAME", help: "The schema of the tables in PostgreSQL or SQL Server" },
  config: { value: "FILE", help: "The configuration (default: evertask.config.ts, .mjs or .js)" },
  api: { value: "URL", help: "The REST API of a running system, instead of a database" },
  "token-file": { value: "FILE", help: "The file of the API's token (default: EVERTASK_TOKEN)" },
  json: { help: "Print JSON: one object a line" },
  help: { help: "Show this help" },
} as const satisfies Options;

/** The parsed arguments. */
export interface Parsed {
  readonly values: Values;
  readonly args: readonly string[];
}

/** Returns the arguments that are neither options nor their values, to find the command. */
export function commandWords(argv: readonly string[], commands: readonly Command[]): string[] {
  const words: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at]!;
    if (word === "--") break;
    if (!word.startsWith("-")) words.push(word);
    // An option is followed by its value. A common option may come before the command.
    else if (!word.includes("=") && hasValue(word, optionsOf(words[0], commands))) at++;
  }
  return words;
}

/** Returns the common options, and the options of each command whose first word is `first`. */
function optionsOf(first: string | undefined, commands: readonly Command[]): Options[] {
  const inGroup = commands.filter(({ name }) => name.split(" ")[0] === first);
  return [commonOptions, ...inGroup.map(({ options = {} }) => options)];
}

function hasValue(word: string, options: readonly Options[]): boolean {
  const name = word.slice("--".length);
  return options.some((each) => Object.hasOwn(each, name) && each[name]!.value !== undefined);
}

/** Finds the command whose name `words` begins with; null if there is none. */
export function findCommand(
  words: readonly string[],
  commands: readonly Command[],
): Command | null {
  const found = commands.filter(({ name }) =>
    name.split(" ").every((part, at) => words[at] === part)
  );
  const isShort = ({ name, isDefault }: Command) => isDefault && name.startsWith(`${words[0]} `);
  return found.sort((a, b) => b.name.length - a.name.length)[0] ??
    (words.length === 1 ? commands.find(isShort) : undefined) ?? null;
}

/** Returns the error for words that name no command. */
export function unknownCommand(
  words: readonly string[],
  commands: readonly Command[],
): UsageError {
  const groups = new Set(commands.map(({ name }) => name.split(" ")[0]!));
  const group = words[0]!;
  if (groups.has(group)) {
    const inGroup = commands.filter(({ name }) => name.startsWith(`${group} `));
    const names = inGroup.map(({ name }) => name.slice(group.length + 1));
    const given = words[1];
    if (given === undefined) {
      return new UsageError(`evertask ${group} needs one of: ${names.join(", ")}.`);
    }
    const similar = similarName(given, names);
    return new UsageError(
      `evertask ${group} has no command ${quoted(given)}. ` +
        (similar === null
          ? `It has: ${names.join(", ")}.`
          : `Did you mean: evertask ${group} ${similar}?`),
    );
  }
  const similar = similarName(group, groups);
  const hint = similar === null ? "evertask --help lists them." : `Did you mean: ${similar}?`;
  return new UsageError(`There is no command ${quoted(group)}. ${hint}`);
}

function quoted(word: string): string {
  return `"${hideSecrets(word)}"`;
}

/**
 * Parses the options and the arguments of a command.
 *
 * @throws {UsageError} If an option or an argument is wrong.
 */
export function parseCall(argv: readonly string[], command: Command): Parsed {
  const options: Options = { ...commonOptions, ...command.options };
  const { tokens } = parseArgs({
    args: [...argv],
    strict: false,
    tokens: true,
    options: {
      ...Object.fromEntries(
        Object.entries(options).map((
          [name, { value }],
        ) => [name, { type: value === undefined ? "boolean" as const : "string" as const }]),
      ),
      help: { type: "boolean", short: "h" },
    },
  });
  const values: Record<string, string | true | string[]> = {};
  const args: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") args.push(token.value);
    if (token.kind !== "option") continue;
    const option = Object.hasOwn(options, token.name) ? options[token.name]! : undefined;
    if (option === undefined) throw unknownOption(token.name, options, command);
    const value = readValue(token.name, option, token.value);
    const before = values[token.name];
    if (!option.isList) {
      if (before !== undefined && option.value !== undefined) {
        throw new UsageError(`--${token.name} is given twice.`);
      }
      values[token.name] = value;
      continue;
    }
    const items = String(value).split(",").filter((item) => item !== "");
    for (const item of items) checkChoice(token.name, option, item);
    values[token.name] = [...Array.isArray(before) ? before : [], ...items];
  }
  return { values, args: args.slice(command.name.split(" ").length) };
}

function readValue(name: string, option: Option, value: string | undefined): string | true {
  if (option.value === undefined) {
    if (value === undefined) return true;
    throw new UsageError(`--${name} takes no value.`);
  }
  if (value === undefined || value === "") {
    throw new UsageError(`--${name} needs a value: --${name} ${option.value}.`);
  }
  if (!option.isList) checkChoice(name, option, value);
  return value;
}

function checkChoice(name: string, { choices }: Option, value: string): void {
  if (choices === undefined || choices.includes(value)) return;
  const similar = similarName(value, choices);
  const hint = similar === null ? "" : ` Did you mean ${similar}?`;
  throw new UsageError(`--${name} must be one of ${choices.join(", ")}.${hint}`);
}

function unknownOption(name: string, options: Options, command: Command): UsageError {
  const flag = name.length === 1 ? `-${name}` : `--${hideSecrets(name)}`;
  if (name === "token") {
    const remedy =
      "A token in the arguments could be seen by others: put it into EVERTASK_TOKEN, " +
      "or into a file for --token-file.";
    return new UsageError(`There is no option --token. ${remedy}`);
  }
  const similar = similarName(name, Object.keys(options));
  const hint = similar === null
    ? `evertask ${command.name} --help lists its options.`
    : `Did you mean --${similar}?`;
  return new UsageError(`evertask ${command.name} has no option ${flag}. ${hint}`);
}

/**
 * Checks the number of arguments.
 *
 * @throws {UsageError} If there are too few or too many.
 */
export function checkArgs(args: readonly string[], command: Command): void {
  const [least, most] = command.argCount ?? [0, 0];
  const usage = `evertask ${command.name}${command.args === undefined ? "" : ` ${command.args}`}`;
  if (args.length < least) throw new UsageError(`An argument is missing: ${usage}.`);
  if (args.length > most) {
    throw new UsageError(`There is an argument too many, ${quoted(args[most]!)}: ${usage}.`);
  }
}

// Runs the program: finds the command, opens what it needs, and turns errors into exit codes.

import { EverTaskError, InvalidArgumentError } from "../guards/errors.ts";
import { describeError, messageOf } from "../thrown/describe_error.ts";
import { SchemaVersionError } from "../storage/errors.ts";
import { type Command, type ExitCode, textOption, type Values } from "./frame/command.ts";
import { commands } from "./commands/all.ts";
import { commandHelp, groupHelp, programHelp } from "./frame/help.ts";
import type { Host } from "./frame/host.ts";
import { checkArgs, commandWords, findCommand, parseCall, unknownCommand } from "./frame/parse.ts";
import { hideSecrets } from "./frame/secrets.ts";
import { findTarget } from "./frame/find_target.ts";
import type { Target } from "./frame/target.ts";
import { messageLines, Printer } from "./text/printer.ts";
import { UsageError } from "./frame/usage_error.ts";

/**
 * Runs one command.
 *
 * @param argv The arguments of the program.
 * @param version The version of the package.
 */
export async function runProgram(
  argv: readonly string[],
  version: string,
  host: Host,
): Promise<ExitCode> {
  try {
    return await run(argv, version, host);
  } catch (error) {
    if (isBrokenPipe(error)) throw error;
    await host.stderr.write(messageLines(`evertask: ${textOf(error, host)}`, host.stderr));
    return error instanceof UsageError || error instanceof InvalidArgumentError ? 2 : 1;
  }
}

/** Reports whether the reader of the output has gone. */
export function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EPIPE";
}

async function run(argv: readonly string[], version: string, host: Host): Promise<ExitCode> {
  const words = commandWords(argv, commands);
  const wantsHelp = argv.some((word) => word === "--help" || word === "-h");
  if (words.length === 0 || words[0] === "help") {
    return await help(words.slice(1), argv, version, host);
  }
  if (
    wantsHelp && words.length === 1 && commands.some(({ name }) => name.startsWith(`${words[0]} `))
  ) {
    await host.stdout.write(groupHelp(words[0]!, commands));
    return 0;
  }
  const command = findCommand(words, commands);
  if (command === null) throw unknownCommand(words, commands);
  if (wantsHelp) {
    await host.stdout.write(commandHelp(command));
    return 0;
  }
  return await call(command, argv, host);
}

async function help(
  words: readonly string[],
  argv: readonly string[],
  version: string,
  host: Host,
): Promise<ExitCode> {
  if (argv.includes("--version")) {
    await host.stdout.write(`${version}\n`);
    return 0;
  }
  const command = findCommand(words, commands);
  if (command !== null) await host.stdout.write(commandHelp(command));
  else if (words.length > 0) throw unknownCommand(words, commands);
  else {
    const isAsked = argv.some((word) => ["help", "--help", "-h"].includes(word));
    await (isAsked ? host.stdout : host.stderr).write(programHelp(commands));
    return isAsked ? 0 : 2;
  }
  return 0;
}

async function call(command: Command, argv: readonly string[], host: Host): Promise<ExitCode> {
  const { values, args } = parseCall(argv, command);
  checkArgs(args, command);
  const opened: AsyncDisposable[] = [];
  const keep = async <T extends AsyncDisposable>(open: (target: Target) => Promise<T>) => {
    const resource = await open(await targetOf(values, host));
    opened.push(resource);
    return resource;
  };
  try {
    const running = command.run({
      host,
      values,
      args,
      print: new Printer(host.stdout, host.stderr, values.json === true),
      store: () => keep((target) => host.open(target)),
      maintenance: () => keep((target) => host.maintain(target)),
      dashboard: (port) => keep((target) => host.serve(target, port)),
    });
    return await (command.endsItself ? running : unlessInterrupted(running, host.interrupted));
  } finally {
    for (const resource of opened.reverse()) await resource[Symbol.asyncDispose]();
  }
}

/**
 * Waits for a command that changes nothing. Resolves to 1 at once if the program is interrupted.
 */
async function unlessInterrupted(
  running: Promise<ExitCode>,
  interrupted: AbortSignal,
): Promise<ExitCode> {
  const stopped = Promise.withResolvers<ExitCode>();
  const stop = () => stopped.resolve(1);
  interrupted.addEventListener("abort", stop);
  if (interrupted.aborted) stop();
  try {
    return await Promise.race([running, stopped.promise]);
  } finally {
    interrupted.removeEventListener("abort", stop);
    running.catch(() => {}); // an abandoned command fails when its store closes
  }
}

function targetOf(values: Values, host: Host): Promise<Target> {
  return findTarget({
    storage: textOption(values, "storage"),
    schema: textOption(values, "schema"),
    config: textOption(values, "config"),
    api: textOption(values, "api"),
    tokenFile: textOption(values, "token-file"),
  }, host);
}

/**
 * Returns the text of an error. The text of an unexpected error has its stack. With EVERTASK_DEBUG,
 * the text of every error has its stack.
 */
function textOf(error: unknown, host: Host): string {
  const isKnown = error instanceof EverTaskError;
  const remedy = error instanceof SchemaVersionError && error.found <= error.known
    ? "\nRun: evertask migrate"
    : "";
  const text = isKnown && host.env("EVERTASK_DEBUG") === undefined
    ? messageOf(error) + remedy
    : describeError(error);
  return hideSecrets(text);
}

// The help of the program and of its commands.

import type { Command, Options } from "./command.ts";
import { commonOptions } from "./parse.ts";
import { wrapToWidth } from "../text/width.ts";

/** The width of the help, which fits any terminal. */
const helpWidth = 80;

/** Returns the help of the program. */
export function programHelp(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `EverTask: migrate, query, change and copy stores of background tasks.

evertask COMMAND [OPTIONS]

${lines.join("\n")}

Options of every command:
${optionLines(commonOptions)}
  --version          Show the version

For example:
  evertask status --storage sqlite:app.db
  evertask tasks list --status Failed --api https://ops.example.org

evertask COMMAND --help shows the options of a command, and examples.
Exit codes: 0 done, 1 found something or not done, 2 called wrongly.
`;
}

/** Returns the help of the commands that begin with a word. */
export function groupHelp(group: string, commands: readonly Command[]): string {
  const inGroup = commands.filter(({ name }) => name.startsWith(`${group} `));
  const width = Math.max(...inGroup.map(({ name }) => name.length));
  const lines = inGroup.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  const examples = inGroup.map(({ examples }) => `  evertask ${examples[0]}`);
  return `evertask ${group} COMMAND [OPTIONS]

${lines.join("\n")}

For example:
${examples.join("\n")}
`;
}

/** Returns the help of a command. */
export function commandHelp(command: Command): string {
  const { name, summary, args, options = {}, about, examples } = command;
  const own = Object.keys(options).length === 0 ? "" : `\nOptions:\n${optionLines(options)}\n`;
  return `${summary}.

evertask ${name}${args === undefined ? "" : ` ${args}`} [OPTIONS]
${about === undefined ? "" : `\n${paragraphs(about)}\n`}${own}
Options of every command:
${optionLines(commonOptions)}

For example:
${examples.map((example) => `  evertask ${example}`).join("\n")}
`;
}

/** Wraps the paragraphs of a text. Empty lines separate them. */
function paragraphs(text: string): string {
  return text.split("\n\n").map((paragraph) =>
    wrapToWidth(paragraph.replaceAll("\n", " "), helpWidth).join("\n")
  ).join("\n\n");
}

function optionLines(options: Options): string {
  const rows = Object.entries(options).map(([name, { value, help }]) => [
    `--${name}${value === undefined ? "" : ` ${value}`}`,
    help,
  ]);
  const width = Math.max(17, ...rows.map(([left]) => left!.length));
  const indent = " ".repeat(width + 4);
  return rows.map(([left, right]) => {
    const lines = wrapToWidth(right!, helpWidth - indent.length);
    return `  ${left!.padEnd(width)}  ${lines.join(`\n${indent}`)}`;
  }).join("\n");
}

// The script of fish.

import { type CommandWords, commonWords, firstWords } from "./words.ts";

/** Returns the script for fish. */
export function fishScript(commands: readonly CommandWords[]): string {
  const withValue = commonWords.filter(({ hasValue }) => hasValue).map(({ name }) => name);
  const lines = [
    "# Completion of evertask for fish: evertask completion fish | source",
    "function __evertask_at",
    "  set -l named",
    "  set -l skip 0",
    "  for token in (commandline -opc)[2..-1]",
    "    if test $skip = 1",
    "      set skip 0",
    `    else if contains -- $token ${withValue.join(" ")}`,
    "      set skip 1",
    "    else if not string match -q -- '-*' $token",
    "      set -a named $token",
    "    end",
    "  end",
    "  test (count $named) -ge (count $argv); or return 1",
    "  test (count $argv) = 0; and test (count $named) -gt 0; and return 1",
    "  for at in (seq (count $argv))",
    "    test $named[$at] = $argv[$at]; or return 1",
    "  end",
    "end",
    "complete -c evertask -f",
  ];
  const add = (condition: string, rest: string) =>
    lines.push(`complete -c evertask -n ${quote(`__evertask_at${condition}`)} ${rest}`);
  for (const first of firstWords(commands)) {
    const own = commands.find((command) => command.first === first && command.second === "");
    add("", `-a ${first} -d ${quote(own?.summary ?? `Commands of ${first}`)}`);
  }
  for (const { first, second, summary, options } of commands) {
    const at = second === "" ? ` ${first}` : ` ${first} ${second}`;
    if (second !== "") {
      add(` ${first}; and not __evertask_at${at}`, `-a ${second} -d ${quote(summary)}`);
    }
    for (const { name, help, hasValue, values, isFile } of options) {
      const value = !hasValue ? "" : isFile ? " -r -F" : " -x";
      const words = values.length === 0 ? "" : ` -a ${quote(values.join(" "))}`;
      add(at, `-l ${name.slice(2)}${value}${words} -d ${quote(help)}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

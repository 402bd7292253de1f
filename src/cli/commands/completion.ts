// `evertask completion`.

import { bashScript, zshScript } from "../completion/bash.ts";
import { fishScript } from "../completion/fish.ts";
import { type CommandWords, commandWordsOf } from "../completion/words.ts";
import type { Command } from "../frame/command.ts";
import { UsageError } from "../frame/usage_error.ts";

const scripts: Readonly<Record<string, (commands: readonly CommandWords[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** Makes the command, which completes all others. */
export function completionOf(others: readonly Command[]): Command {
  const completion: Command = {
    name: "completion",
    summary: "Print the script that completes commands in a shell",
    args: "bash|zsh|fish",
    argCount: [1, 1],
    about: `Bash: add eval "$(evertask completion bash)" to ~/.bashrc. Zsh: add
eval "$(evertask completion zsh)" to ~/.zshrc. Fish: evertask completion fish >
~/.config/fish/completions/evertask.fish`,
    examples: ["completion bash", "completion fish"],
    async run({ args, print }) {
      const script = Object.hasOwn(scripts, args[0]!) ? scripts[args[0]!]! : null;
      if (script === null) throw new UsageError("The shell must be bash, zsh or fish.");
      await print.raw(script(commandWordsOf([...others, completion])));
      return 0;
    },
  };
  return completion;
}

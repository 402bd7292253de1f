// Tests the completion of commands in bash, and in the other shells where they are installed.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { commands } from "../../src/cli/commands/all.ts";
import { taskStatuses } from "../../src/storage/task_status.ts";
import { runCli } from "./console.ts";

/** Runs a shell, and returns its output; null if the shell is not installed. */
async function runShell(shell: string, ...args: string[]): Promise<string | null> {
  try {
    const command = new Deno.Command(shell, { args, stdout: "piped", stderr: "piped" });
    const { stdout, stderr } = await command.output();
    const decoder = new TextDecoder();
    return decoder.decode(stdout) + decoder.decode(stderr);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

const firsts = [...new Set(commands.map(({ name }) => name.split(" ")[0]!))];

const lines: [line: string, offered: readonly string[]][] = [
  ["evertask ", firsts],
  ["evertask ta", ["tasks", "tail"]],
  ["evertask tasks ex", ["explain"]],
  ["evertask --storage sqlite.db tasks ex", ["explain"]],
  ["evertask tasks list --st", ["--status", "--storage"]],
  ["evertask tasks list --status ", taskStatuses],
  ["evertask tasks list --type x --status Com", ["Completed"]],
  ["evertask migrate --dr", ["--dry-run"]],
  ["evertask queues pause --rea", ["--reason"]],
  ["evertask tail --severity ", ["Information", "Warning", "Error"]],
  ["evertask tasks show 1", []],
];

Deno.test("bash completes commands, options and their values", async () => {
  const { code, out } = await runCli(["completion", "bash"]);
  assertEquals(code, 0);
  const asked = lines.map(([line]) => {
    const words = line.split(" ").map((word) => `'${word}'`).join(" ");
    return `COMP_WORDS=(${words}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _evertask; ` +
      `echo "\${COMPREPLY[*]}"`;
  });
  const answer = await runShell("bash", "-c", [out, ...asked].join("\n"));
  const offered = answer!.trimEnd().split("\n").map((line) => line.split(" ").filter(Boolean));
  for (const [at, [line, expected]] of lines.entries()) {
    assertEquals((offered[at] ?? []).toSorted(), expected.toSorted(), line);
  }
});

for (const shell of ["zsh", "fish"]) {
  Deno.test({
    name: `${shell} accepts its completion script`,
    ignore: await runShell(shell, "--version") === null,
    async fn() {
      const { out } = await runCli(["completion", shell]);
      assertEquals(await runShell(shell, "-n", "-c", out), "");
    },
  });
}

Deno.test("the scripts of zsh and fish name every command, and another shell is refused", async () => {
  for (const shell of ["zsh", "fish"]) {
    const { out } = await runCli(["completion", shell]);
    for (const { name } of commands) assertStringIncludes(out, name.split(" ").at(-1)!);
  }
  assertEquals((await runCli(["completion", "tcsh"])).code, 2);
});

// Runs a program to its end for tests. Returns its output if it succeeds, and throws it if it
// fails.

/** Options of {@linkcode runCommand}. */
export interface RunOptions {
  /** The folder it runs in. @default the current one */
  cwd?: string | URL;
  /** Variables to add to its environment. */
  env?: Record<string, string>;
  /** Milliseconds after which it is killed, and counts as failed. @default 180_000 */
  timeout?: number;
}

/** The output of a program. */
export interface CommandOutput {
  stdout: string;
  stderr: string;
}

/** Resolves to the program's output after it ends with exit code 0. */
export async function runCommand(
  program: string,
  args: string[],
  options: RunOptions = {},
): Promise<CommandOutput> {
  const { timeout = 180_000, ...rest } = options;
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), timeout);
  try {
    const command = new Deno.Command(program, { args, ...rest, signal: controller.signal });
    const { success, code, signal, ...bytes } = await command.output();
    const stdout = new TextDecoder().decode(bytes.stdout);
    const stderr = new TextDecoder().decode(bytes.stderr);
    if (success) return { stdout, stderr };
    const reason = controller.signal.aborted
      ? `was killed after ${timeout} ms`
      : `ended with ${signal ?? `exit code ${code}`}`;
    throw new Error(`${program} ${args.join(" ")} ${reason}\n${stdout}\n${stderr}`);
  } finally {
    clearTimeout(timer);
  }
}

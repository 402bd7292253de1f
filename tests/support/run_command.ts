// Runs a program to its end, for tests: its output when it succeeds, and an error that shows its output when it fails.

/** Options of {@linkcode runCommand}. */
export interface RunOptions {
  /** The folder it runs in. @default the current one */
  cwd?: string | URL;
  /** Variables to add to its environment. */
  env?: Record<string, string>;
  /** Milliseconds after which it is killed, and counts as failed. @default 60_000 */
  timeout?: number;
}

/** Resolves to what the program wrote to its standard output. */
export async function runCommand(
  program: string,
  args: string[],
  options: RunOptions = {},
): Promise<string> {
  const { timeout = 60_000, ...rest } = options;
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), timeout);
  try {
    const { success, code, signal, stdout, stderr } = await new Deno.Command(program, {
      args,
      ...rest,
      signal: controller.signal,
    }).output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    if (success) return out!;
    const reason = controller.signal.aborted
      ? `was killed after ${timeout} ms`
      : `ended with ${signal ?? `exit code ${code}`}`;
    throw new Error(`${program} ${args.join(" ")} ${reason}\n${out}\n${err}`);
  } finally {
    clearTimeout(timer);
  }
}

// A child process whose output is read line by line.

/**
 * Starts a Deno program. `next` resolves to the next line of its output, or to null at the end of
 * the output. `send` writes a line to its input.
 *
 * @param options More options of `deno run`.
 */
export function startProgram(
  script: string,
  args: readonly string[],
  options: readonly string[] = [],
) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", ...options, script, ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = readLines(child.stdout);
  return {
    async next(): Promise<string | null> {
      const { value, done } = await lines.next();
      return done ? null : value;
    },
    async send(line: string): Promise<void> {
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(`${line}\n`));
      writer.releaseLock();
    },
    /** Closes the program's input, so that it ends, and returns the rest of its output. */
    async end(): Promise<string[]> {
      await child.stdin.close();
      const rest = await Array.fromAsync(lines);
      const { success, code } = await child.status;
      if (!success) throw new Error(`${script} has ended with ${code}.`);
      return rest;
    },
  };
}

/** The lines of a stream, without their ends. */
export async function* readLines(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
  let text = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const lines = text.split("\n");
    text = lines.pop()!;
    yield* lines;
  }
}

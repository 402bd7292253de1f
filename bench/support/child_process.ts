// Runs measurements in separate processes, which have separate memory and can share a store.

/** A process that runs a module of bench/children/ and writes lines of JSON. */
export class BenchProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: AsyncGenerator<string>;

  /** Starts the process. */
  constructor(module: string, ...args: string[]) {
    const path = new URL(`../children/${module}`, import.meta.url).pathname;
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", path, ...args],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#lines = readLines(this.#child.stdout);
  }

  /** Returns the parsed next line of its output. */
  async next<T>(): Promise<T> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("The process ended too early.");
    return JSON.parse(value);
  }

  /** Closes its input. It may still write lines. */
  async end(): Promise<void> {
    await this.#child.stdin.close();
  }

  /** Closes its input, which asks it to end, and waits for its exit. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child.stdin.close().catch(() => {}); // closed before
    await this.#lines.return(undefined);
    await this.#child.status;
  }
}

async function* readLines(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
  let rest = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}

/** In the child: writes a line. */
export function tell(message: unknown): void {
  console.log(JSON.stringify(message));
}

/** In the child: resolves when the parent requests the end, or has ended. */
export async function askedToEnd(): Promise<void> {
  for await (const _ of Deno.stdin.readable);
}

// A child process of the upgrade tests, as the test sees it.

import type { ProcessLine, StoreName, versions } from "./versions.ts";

const program = new URL("process.ts", import.meta.url).pathname;

/** The reports of all processes of a test. */
export class Books {
  /** The tasks, and whether their first attempt fails. */
  readonly dispatched = new Map<string, boolean>();
  /** The attempts that ran, by task. */
  readonly ran = new Map<string, number[]>();
  #changed = next();

  /** Takes a line down. */
  write({ dispatched, fails = false, ran, attempt = 0 }: ProcessLine): void {
    if (dispatched !== undefined) this.dispatched.set(dispatched, fails);
    if (ran !== undefined) this.ran.set(ran, [...this.ran.get(ran) ?? [], attempt]);
    this.#changed.resolve();
    this.#changed = next();
  }

  /** Lets those that wait fail. */
  fail(error: Error): void {
    this.#changed.reject(error);
  }

  /**
   * Resolves once a condition holds, which is looked at after each line.
   *
   * @throws {Error} If a process ends meanwhile.
   */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await this.#changed.promise;
  }
}

/** The promise that the next line, or the end of a process, settles; waiting for it is optional. */
function next(): PromiseWithResolvers<void> {
  const settled = Promise.withResolvers<void>();
  settled.promise.catch(() => {});
  return settled;
}

/** A process that runs. */
export class RunningProcess {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reading: Promise<void>;
  #attempts = 0;
  #hasEnded = false;
  #isStopping = false;
  #isOver = false;

  constructor(
    version: keyof typeof versions,
    store: StoreName,
    address: string,
    books: Books,
  ) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", program, version, store, address],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#reading = this.#read(books);
    this.#child.status.then(() => this.#isOver = true);
  }

  /** How many attempts it has run. */
  get attempts(): number {
    return this.#attempts;
  }

  /** Whether it has stopped dispatching. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Lets it dispatch no more. */
  async end(): Promise<void> {
    await this.#input.write(new TextEncoder().encode("end\n"));
  }

  /** Stops it. Resolves to its exit code. */
  async stop(): Promise<number> {
    this.#isStopping = true;
    await this.#input.close();
    await this.#reading;
    return (await this.#child.status).code;
  }

  /** Ends it at once, if it still runs. */
  async kill(): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    if (!this.#isOver) this.#child.kill("SIGKILL");
    await this.#input.close().catch(() => {});
    await this.#reading;
    await this.#child.status;
  }

  async #read(books: Books): Promise<void> {
    let rest = "";
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const text of lines) {
        const line = JSON.parse(text) as ProcessLine;
        if (line.ran !== undefined) this.#attempts++;
        if (line.ended !== undefined) this.#hasEnded = true;
        books.write(line);
      }
    }
    if (!this.#isStopping) books.fail(new Error("a process has ended unexpectedly"));
  }
}

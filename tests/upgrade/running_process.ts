// Runs a child process of the upgrade tests, and collects its reports.

import type { ProcessLine, StoreName, versions } from "./versions.ts";

const program = new URL("process.ts", import.meta.url).pathname;

/** Collects the reports of all processes of a test. */
export class Books {
  /** The ids of dispatched tasks, with whether the first attempt fails. */
  readonly dispatched = new Map<string, boolean>();
  /** The numbers of the attempts that ran, by task id. */
  readonly ran = new Map<string, number[]>();
  #changed = next();

  /** Records a line of a process. */
  write({ dispatched, fails = false, ran, attempt = 0 }: ProcessLine): void {
    if (dispatched !== undefined) this.dispatched.set(dispatched, fails);
    if (ran !== undefined) this.ran.set(ran, [...this.ran.get(ran) ?? [], attempt]);
    this.#changed.resolve();
    this.#changed = next();
  }

  /** Rejects pending calls of {@linkcode until}. */
  fail(error: Error): void {
    this.#changed.reject(error);
  }

  /**
   * Resolves once a condition holds. The condition is checked after each line.
   *
   * @throws {Error} If a process ends unexpectedly.
   */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await this.#changed.promise;
  }
}

/** Creates a promise whose rejection need not be handled. */
function next(): PromiseWithResolvers<void> {
  const settled = Promise.withResolvers<void>();
  settled.promise.catch(() => {});
  return settled;
}

/** A running child process. */
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

  /** The number of attempts that the process has run. */
  get attempts(): number {
    return this.#attempts;
  }

  /** Whether the process has stopped dispatching. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Asks the process to stop dispatching. */
  async end(): Promise<void> {
    await this.#input.write(new TextEncoder().encode("end\n"));
  }

  /** Stops the process, and resolves to its exit code. */
  async stop(): Promise<number> {
    this.#isStopping = true;
    await this.#input.close();
    await this.#reading;
    return (await this.#child.status).code;
  }

  /** Kills the process if it is still running. */
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

// A worker process as the test that started it sees it: what it has reported so far, and the
// signals that befall it.

import { assertEquals } from "@std/assert";
import { deadline } from "@std/async";
import { eventually } from "./support.ts";
import type { EventReport, Report, RunReport, WorkerSetup } from "./programs/protocol.ts";

const program = new URL("programs/worker.ts", import.meta.url);

/** Whether a process has heeded SIGSTOP, as far as the system tells. */
async function isStopped(pid: number): Promise<boolean> {
  if (Deno.build.os !== "linux") return true;
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(")") + 2).startsWith("T"); // a name in parentheses stands before the state
}

/**
 * A process of its own that runs the tasks of a store. It is killed at the end of its scope, if it
 * still lives.
 */
export class WorkerProcess implements AsyncDisposable {
  readonly runs: RunReport[] = [];
  readonly events: EventReport[] = [];
  readonly logs: string[] = [];
  /** The id under which it registered first; empty until it is ready. */
  workerId = "";
  /** How many handlers have ended. */
  ended = 0;
  readonly #child: Deno.ChildProcess;
  readonly #errors: Promise<string>;
  readonly #reading: Promise<void>;
  #status: Deno.CommandStatus | undefined;
  readonly #watchers = new Set<() => void>();

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#errors = new Response(child.stderr).text();
    this.#reading = this.#read();
    void child.status.then((status) => this.#status = status);
  }

  /** Starts a process; it works when this resolves. */
  static async start(setup: WorkerSetup): Promise<WorkerProcess> {
    const process = WorkerProcess.launch(setup);
    await process.until("is ready", () => process.workerId !== "");
    return process;
  }

  /** Starts a process, and does not wait until it works. */
  static launch(setup: WorkerSetup): WorkerProcess {
    const command = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", program.href, JSON.stringify(setup)],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    });
    return new WorkerProcess(command.spawn());
  }

  /**
   * Waits until something is true of what it has reported.
   *
   * @param what Completes "the worker process did not …" when that takes too long, or the process
   * ends before.
   */
  async until(what: string, isTrue: () => boolean, timeoutMs = 60_000): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = () => {
      if (isTrue()) resolve();
      else if (this.#status !== undefined) reject(new Error("it has ended"));
    };
    this.#watchers.add(look);
    look();
    try {
      await deadline(promise, timeoutMs);
    } catch (cause) {
      const tail = this.logs.slice(-5).join("\n");
      const errors = this.#status === undefined ? "" : await this.#errors;
      throw new Error(`the worker process: not in time, or never: ${what}\n${tail}\n${errors}`, {
        cause,
      });
    } finally {
      this.#watchers.delete(look);
    }
  }

  /**
   * Ends it at once, as a crash does; all that it reported before has been read when this resolves.
   */
  async kill(): Promise<void> {
    if (this.#status === undefined) this.#child.kill("SIGKILL");
    await this.#gone();
  }

  /**
   * Waits until it has ended by itself; all that it reported before has been read when this
   * resolves.
   */
  async died(): Promise<void> {
    await deadline(this.#child.status, 60_000);
    await this.#gone();
  }

  /**
   * Stops it in the middle of whatever it does, as a machine that swaps or a suspended one does; it
   * stands still then.
   */
  async freeze(): Promise<void> {
    this.#child.kill("SIGSTOP");
    await eventually("the worker process stands still", () => isStopped(this.#child.pid));
  }

  /** Lets it go on. */
  thaw(): void {
    this.#child.kill("SIGCONT");
  }

  /** Has it stop in order, and checks that nothing went wrong in it that nobody handled. */
  async stop(): Promise<void> {
    await this.#child.stdin.close();
    await deadline(this.#child.status, 60_000);
    await this.#gone();
    assertEquals({ code: this.#status!.code, errors: await this.#errors }, { code: 0, errors: "" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #gone(): Promise<void> {
    this.#status = await this.#child.status;
    await this.#reading;
    await this.#errors;
    await this.#child.stdin.close().catch(() => {});
  }

  async #read(): Promise<void> {
    let rest = "";
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) this.#note(JSON.parse(line));
      for (const look of this.#watchers) look();
    }
    await this.#child.status;
    for (const look of this.#watchers) look();
  }

  #note(report: Report): void {
    switch (report.kind) {
      case "ready":
        this.workerId = report.workerId;
        break;
      case "event":
        this.events.push(report);
        break;
      case "log":
        this.logs.push(`${report.level}: ${report.text}`);
        break;
      default:
        this.runs.push(report);
        if (report.kind === "ended") this.ended++;
    }
  }
}

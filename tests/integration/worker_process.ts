// A worker process of a test: starts it, reads its reports, and sends it signals.

import { assertEquals } from "@std/assert";
import { deadline } from "@std/async";
import { eventually } from "./support.ts";
import type { EventReport, Report, RunReport, WorkerSetup } from "./programs/protocol.ts";

const program = new URL("programs/worker.ts", import.meta.url);

/** The time limit for a process that hangs. A loaded machine needs less. */
const patienceMs = 180_000;

/** Reports whether a process is stopped by SIGSTOP; always true on systems other than Linux. */
async function isStopped(pid: number): Promise<boolean> {
  if (Deno.build.os !== "linux") return true;
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(")") + 2).startsWith("T"); // the state follows a name in parentheses
}

/**
 * A process that runs the tasks of a store. Disposing it kills the process, if it is still running.
 */
export class WorkerProcess implements AsyncDisposable {
  readonly runs: RunReport[] = [];
  readonly events: EventReport[] = [];
  readonly logs: string[] = [];
  /** Its first worker id; empty until it is ready. */
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

  /** Starts a process, and resolves when it runs tasks. */
  static async start(setup: WorkerSetup): Promise<WorkerProcess> {
    const process = WorkerProcess.launch(setup);
    await process.until("is ready", () => process.workerId !== "");
    return process;
  }

  /** Starts a process without waiting until it is ready. */
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
   * Waits until `isTrue` returns true. It is called after each report.
   *
   * @param what The awaited condition, for the error's text, such as "is ready".
   */
  async until(what: string, isTrue: () => boolean, timeoutMs = patienceMs): Promise<void> {
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
      throw new Error(`waited in vain until the worker process ${what}\n${tail}\n${errors}`, {
        cause,
      });
    } finally {
      this.#watchers.delete(look);
    }
  }

  /** Kills the process, and resolves when all its reports have been read. */
  async kill(): Promise<void> {
    if (this.#status === undefined) this.#child.kill("SIGKILL");
    await this.#gone();
  }

  /** Waits until the process has ended by itself and all its reports have been read. */
  async died(): Promise<void> {
    await deadline(this.#child.status, patienceMs);
    await this.#gone();
  }

  /**
   * Suspends the process, as a machine that swaps or sleeps does, and resolves when it is
   * suspended.
   */
  async freeze(): Promise<void> {
    this.#child.kill("SIGSTOP");
    await eventually("the worker process is suspended", () => isStopped(this.#child.pid));
  }

  /** Resumes the process. */
  thaw(): void {
    this.#child.kill("SIGCONT");
  }

  /** Stops the process gracefully, and checks that it had no unhandled error. */
  async stop(): Promise<void> {
    await this.#child.stdin.close();
    await deadline(this.#child.status, patienceMs);
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

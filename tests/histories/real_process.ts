// A worker process, as its controller sees it.

import { readLines } from "../support/lines.ts";
import type { Figures, Order, ProcessSetup, Report } from "./setup.ts";

const program = new URL("worker.ts", import.meta.url).pathname;

const encoder = new TextEncoder();

/** A worker process. */
export class RealProcess implements AsyncDisposable {
  readonly setup: ProcessSetup;
  /** Resolves when the process runs tasks, or has ended. */
  readonly ready: Promise<void>;
  readonly #child: Deno.ChildProcess;
  readonly #orders: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reading: Promise<void>;
  #onAnswered = () => {};
  #isAlive = true;
  #isFrozen = false;

  constructor(setup: ProcessSetup, onFigures: (figures: Figures) => void = () => {}) {
    this.setup = setup;
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--v8-flags=--expose-gc", program, JSON.stringify(setup)],
      env: setup.environment,
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#orders = this.#child.stdin.getWriter();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ready = promise;
    this.#reading = this.#read((report) => {
      if (report.kind === "ready") resolve();
      else if (report.kind === "answered") this.#onAnswered();
      else onFigures(report);
    });
    void this.#child.status.then(() => {
      this.#isAlive = false;
      resolve();
    });
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  get isFrozen(): boolean {
    return this.#isFrozen;
  }

  /** Sends an order to the process. The order is lost if the process has ended. */
  order(order: Order): void {
    this.#orders.write(encoder.encode(`${JSON.stringify(order)}\n`)).catch(() => {});
  }

  /** Resolves when the calls of all orders so far have an answer, or the process has ended. */
  async answered(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onAnswered = resolve;
    this.order({ kind: "reportAnswers" });
    await Promise.race([promise, this.#child.status]);
  }

  freeze(): void {
    if (!this.#isAlive) return;
    this.#isFrozen = true;
    this.#child.kill("SIGSTOP");
  }

  thaw(): void {
    if (!this.#isAlive || !this.#isFrozen) return;
    this.#isFrozen = false;
    this.#child.kill("SIGCONT");
  }

  /** Ends the process at once. */
  async kill(): Promise<void> {
    if (this.#isAlive) this.#child.kill("SIGKILL");
    await this.ended();
  }

  /**
   * Stops the process gracefully, and kills it after `patienceMs`. Returns whether the process has
   * exited with code 0.
   */
  async stop(timeoutMs: number, patienceMs = 60_000): Promise<boolean> {
    this.order({ kind: "end", timeoutMs });
    const timer = setTimeout(() => this.#isAlive && this.#child.kill("SIGKILL"), patienceMs);
    const { success } = await this.#child.status;
    clearTimeout(timer);
    await this.ended();
    return success;
  }

  /** Resolves when the process has ended. */
  async ended(): Promise<void> {
    await this.#child.status;
    await this.#reading;
    await this.#orders.close().catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #read(take: (report: Report) => void): Promise<void> {
    for await (const line of readLines(this.#child.stdout)) take(JSON.parse(line));
  }
}

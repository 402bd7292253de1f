// The calls that the program of a process makes of its instance, and their recorded results.

import type { EverTask } from "../../application/ever_task.ts";
import type { DispatchOptions, DispatchResult } from "../../task/dispatch_options.ts";
import { readMember } from "../../thrown/reading.ts";
import { optionsOf, type SimulatedTasks } from "./handlers.ts";
import type { HistoryLog } from "./history_log.ts";
import { OperatorCalls } from "./operator_calls.ts";
import type { AskDeed, DispatchStep } from "./scenario.ts";
import type { RunTransaction } from "./transactions.ts";

/** The result of a call. */
interface Answer {
  readonly task: string | null;
  readonly answer: string;
}

/** Makes calls to an instance, and records their results. */
export class Calls {
  readonly #name: string;
  readonly #everTask: EverTask;
  readonly #tasks: SimulatedTasks;
  readonly #log: HistoryLog;
  readonly #dispatched: Map<number, string>;
  readonly #inTransaction: RunTransaction;
  readonly #operators: OperatorCalls;
  #count = 0;
  #unanswered = 0;

  /**
   * @param name The name of the process.
   * @param dispatched The ids of the tasks of answered dispatches, by the number of the dispatch.
   */
  constructor(
    name: string,
    everTask: EverTask,
    tasks: SimulatedTasks,
    log: HistoryLog,
    dispatched: Map<number, string>,
    inTransaction: RunTransaction,
  ) {
    this.#name = name;
    this.#everTask = everTask;
    this.#tasks = tasks;
    this.#log = log;
    this.#dispatched = dispatched;
    this.#inTransaction = inTransaction;
    this.#operators = new OperatorCalls(everTask);
  }

  /** The number of calls without a result so far. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** Makes the call that a step asks for. */
  ask(ask: AskDeed): void {
    switch (ask.kind) {
      case "dispatch":
        return this.#dispatch(ask);
      case "cancel":
        return this.#ofTask("cancel", ask.number, (id) => this.#everTask.cancel(id));
      case "runNow":
        return this.#ofTask(
          "run",
          ask.number,
          async (id) => String(await this.#everTask.recurring.runNow(id)),
        );
      case "pause":
      case "resume":
        return this.#setQueuePaused(ask.queue, ask.kind === "pause");
      case "operate":
        return this.#ofTask(
          `operate ${ask.operation.verb}`,
          ask.number,
          (id, by) => this.#operators.change(id, ask.operation, by, ask.names),
        );
      case "operateAll":
        return this.#operate(
          `${ask.operation.verb} all of ${ask.queue}`,
          (by) => this.#operators.changeAll(ask.queue, ask.operation, by, ask.limit),
        );
      case "operateQueue":
        return this.#operate(
          `${ask.paused ? "pause" : "resume"} ${ask.queue}`,
          (by) => this.#operators.setQueuePaused(ask.queue, ask.paused, by),
        );
    }
  }

  #dispatch(step: DispatchStep): void {
    this.#call(`dispatch ${step.play.number}`, async () => {
      const stored = await this.#store(step);
      if (stored === null) return { task: null, answer: "rolled back" };
      const { id, outcome } = stored;
      this.#dispatched.set(step.play.number, id);
      return { task: this.#log.taskName(id), answer: outcome };
    });
  }

  /** Makes a dispatch. Returns null if its transaction was rolled back. */
  #store(step: DispatchStep): Promise<DispatchResult | null> {
    const dispatch = (connection: Pick<DispatchOptions, "connection">) =>
      this.#everTask.dispatch(this.#tasks[step.type], step.play, {
        ...optionsOf(step),
        ...connection,
      });
    if (step.transaction === "none") return dispatch({});
    const commits = step.transaction === "commits";
    return this.#inTransaction(commits, (connection) => dispatch({ connection }));
  }

  #setQueuePaused(queue: string, paused: boolean): void {
    const { queues } = this.#everTask;
    this.#call(`${paused ? "pause" : "resume"} ${queue}`, async () => {
      await (paused ? queues.pause(queue) : queues.resume(queue));
      return { task: null, answer: "done" };
    });
  }

  #operate(what: string, ask: (by: string) => Promise<string>): void {
    this.#call(`operate ${what}`, async (by) => ({ task: null, answer: await ask(by) }));
  }

  /** Makes a call about the task of a dispatch, if that was answered. */
  #ofTask(what: string, number: number, ask: (id: string, by: string) => Promise<string>): void {
    const id = this.#dispatched.get(number);
    if (id === undefined) return;
    const task = this.#log.taskName(id);
    this.#call(`${what} ${task}`, async (by) => ({ task, answer: await ask(id, by) }));
  }

  /**
   * Makes a call, and records it and its result.
   *
   * @param ask Gets a name of the call, which operators have as theirs.
   */
  #call(what: string, ask: (name: string) => Promise<Answer>): void {
    const call = ++this.#count;
    this.#log.add(this.#name, { kind: "asked", call, what });
    this.#unanswered++;
    const answered = (answer: Answer) => {
      this.#unanswered--;
      this.#log.add(this.#name, { kind: "answered", call, what, ...answer });
    };
    ask(`${this.#name} ${call}`).then(answered, (error) => {
      answered({ task: null, answer: String(readMember(error, "name")) });
    });
  }
}

// Sends and receives notifications of due tasks, cancellations and paused queues between processes
// by LISTEN and NOTIFY. Only the latency depends on notifications, because polling finds missed
// changes.

import type { WakeSignal } from "../../src/storage/requests.ts";
import { backoffMs } from "../../src/storage/batching/backoff.ts";
import type { Clock } from "../../src/time/clock.ts";
import type { PostgresClient } from "./connection.ts";
import { fromJson } from "./json_text.ts";

/**
 * The minimum time between two messages about due tasks, in milliseconds. The limit exists because
 * each message makes every listening process poll. A longer time delays the start of tasks in other
 * processes (measured: 2 ms with this value, 7 ms with five times as much).
 */
const quietMs = 1;

/** The dependencies of a {@linkcode WakeChannel}. */
export interface WakeChannelParts {
  readonly clock: Clock;
  readonly sql: PostgresClient;
  /** The channel: the schema's name. */
  readonly name: string;
  /** The id of this process, which identifies its own messages. */
  readonly sender: string;
  /** Sends a message outside of any other statement. */
  readonly send: (message: object) => Promise<unknown>;
  /** Called for notifications of other processes. */
  readonly onSignal: (signal: WakeSignal) => void;
}

/** The channel of a schema, as used by one process. */
export class WakeChannel {
  readonly #parts: WakeChannelParts;
  #listening: Promise<void> | null = null;
  #unlisten: (() => Promise<unknown>) | null = null;
  #isClosed = false;
  #cancelTimer: (() => void) | null = null;
  #cancelRetry: (() => void) | null = null;
  #sending: Promise<unknown> = Promise.resolve();
  #lastSent = -Infinity;

  constructor(parts: WakeChannelParts) {
    this.#parts = parts;
  }

  /** The id of this process in messages. */
  get sender(): string {
    return this.#parts.sender;
  }

  /** Returns a message for a transaction. */
  message(kind: WakeSignal["kind"]): object {
    return { kind, from: this.sender };
  }

  /**
   * Returns a message about due tasks for a transaction of the caller. This process also receives
   * the message, because this process does not see the commit.
   */
  messageToAll(): object {
    return { kind: "tasks" };
  }

  /**
   * Returns a message about due tasks for the next statement; null if such a message was just sent.
   */
  takeTasksMessage(): object | null {
    const now = this.#parts.clock.monotonic();
    if (now - this.#lastSent < quietMs) return null;
    this.#lastSent = now;
    return this.message("tasks");
  }

  /**
   * Sends a message about committed due tasks when the minimum time has passed. Calls until then
   * share the message.
   */
  tellOfTasks(): void {
    if (this.#cancelTimer !== null || this.#isClosed) return;
    const pause = Math.max(0, this.#lastSent + quietMs - this.#parts.clock.monotonic());
    this.#cancelTimer = this.#parts.clock.setTimer(() => this.#sendOwed(), pause);
  }

  /** Listens to other processes until `close`. */
  listen(): void {
    this.#listening ??= this.#listen();
  }

  /** Sends pending notifications, then stops listening. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#cancelTimer !== null) {
      this.#cancelTimer();
      this.#sendOwed();
    }
    this.#cancelRetry?.();
    await this.#sending;
    await this.#listening;
    await this.#unlisten?.().catch(() => {});
  }

  #sendOwed(): void {
    this.#cancelTimer = null;
    this.#lastSent = this.#parts.clock.monotonic();
    // If sending fails, other processes find the tasks by polling.
    const sent = this.#parts.send(this.message("tasks")).catch(() => {});
    this.#sending = Promise.all([this.#sending, sent]);
  }

  /**
   * Starts to listen. Retries after growing pauses until an attempt succeeds. After that, the client
   * reconnects by itself.
   */
  async #listen(failures = 0): Promise<void> {
    try {
      const { unlisten } = await this.#parts.sql.listen(
        this.#parts.name,
        (payload) => this.#receive(payload),
        () => this.#tellOfMissed(),
      );
      this.#unlisten = unlisten;
    } catch {
      if (this.#isClosed) return;
      this.#cancelRetry = this.#parts.clock.setTimer(() => {
        this.#listening = this.#listen(failures + 1);
      }, backoffMs(failures + 1));
    }
  }

  /**
   * Signals due tasks and paused queues, because earlier notifications were missed. After the
   * signal of paused queues, a worker also sends a heartbeat. The answer contains the
   * cancellations.
   */
  #tellOfMissed(): void {
    this.#tell({ kind: "tasks" });
    this.#tell({ kind: "queues" });
  }

  #receive(payload: string): void {
    const { from, kind, taskIds } = fromJson(payload) as {
      from?: string;
      kind: WakeSignal["kind"];
      taskIds?: string[];
    };
    if (from === this.sender) return;
    this.#tell(kind === "cancel" ? { kind, taskIds: taskIds ?? [] } : { kind });
  }

  #tell(signal: WakeSignal): void {
    if (!this.#isClosed) this.#parts.onSignal(signal);
  }
}

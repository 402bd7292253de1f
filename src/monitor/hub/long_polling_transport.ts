// SignalR over long polling: the client sends one request after the other, and each waits until
// there is data.

import type { Clock } from "../../time/clock.ts";
import type { HubConnection } from "./hub_connection.ts";
import type { HubTransport } from "./hub_transport.ts";

/** Carries a connection over polls. */
export class LongPollingTransport implements HubTransport {
  readonly wantsPings = false;
  readonly #connection: HubConnection;
  readonly #clock: Clock;
  readonly #pollTimeoutMs: number;
  #pending = "";
  #closed = false;
  /** Answers the waiting poll; null if none waits. */
  #answer: ((response: Response) => void) | null = null;

  /**
   * @param pollTimeoutMs The time after which a poll without data gets an empty response, in
   * milliseconds.
   */
  constructor(connection: HubConnection, clock: Clock, pollTimeoutMs: number) {
    this.#connection = connection;
    this.#clock = clock;
    this.#pollTimeoutMs = pollTimeoutMs;
  }

  get backlog(): number {
    return this.#pending.length;
  }

  get isPolled(): boolean {
    return this.#answer !== null;
  }

  /** Returns the empty response to the first poll, which establishes the connection. */
  established(): Response {
    return text("");
  }

  /**
   * Answers a poll when there is data, or after the timeout. A poll that the client has aborted
   * also waits for data or the timeout, because the signals of requests differ between runtimes.
   */
  poll(): Promise<Response> {
    this.#connection.seen();
    // Only one poll can wait. By the protocol, a newer poll replaces the waiting poll.
    this.#answer?.(noContent());
    return new Promise((resolve) => {
      const stopTimer = this.#clock.setTimer(
        () => this.#answer?.(text("")),
        this.#pollTimeoutMs,
        { unref: true },
      );
      this.#answer = (response) => {
        stopTimer();
        this.#answer = null;
        this.#connection.seen();
        resolve(response);
      };
      this.#deliver();
    });
  }

  send(records: string): void {
    this.#pending += records;
    this.#deliver();
  }

  close(abrupt: boolean): void {
    this.#closed = true;
    if (abrupt) this.#pending = "";
    this.#deliver();
  }

  /** Sends pending data to the waiting poll. After the end, a poll gets 204. */
  #deliver(): void {
    if (this.#answer === null) return;
    if (this.#pending !== "") {
      const response = text(this.#pending);
      this.#pending = "";
      this.#answer(response);
    } else if (this.#closed) {
      this.#answer(noContent());
      this.#connection.gone();
    }
  }
}

function text(body: string): Response {
  return new Response(body, {
    headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
  });
}

function noContent(): Response {
  return new Response(null, { status: 204 });
}

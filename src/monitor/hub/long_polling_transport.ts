// SignalR over long polling: the client asks again and again, and each request waits until there is
// something to say.

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
  /** Answers the waiting poll; null when none waits. */
  #answer: ((response: Response) => void) | null = null;

  /** @param pollTimeoutMs After how long a poll without news is answered, empty. */
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

  /** Answers the poll that establishes the connection: at once, and empty. */
  established(): Response {
    return text("");
  }

  /**
   * Answers a poll when there is data, or after the poll time-out. (A client that gives up its poll
   * is noticed after that: a request's signal differs between runtimes.)
   */
  poll(): Promise<Response> {
    this.#connection.seen();
    // Only one poll can wait; the protocol lets a newer one take over.
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

  /** Hands pending data to the waiting poll. After the end, a poll gets 204. */
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

// The connection of one client, from the negotiation to the end: handshake, pings, timeouts, close
// messages, and the buffer limit for a client that reads too slowly.

import type { AuthorizedUser } from "../../access/authorize.ts";
import type { Clock } from "../../time/clock.ts";
import {
  checkHandshake,
  type ClientMessage,
  encodeRecord,
  HubProtocolError,
  messageType,
  parseMessage,
  pingRecord,
  RecordReader,
} from "./hub_protocol.ts";
import type { HubTransport } from "./hub_transport.ts";

/** The limits and timeouts of all connections of a hub. Timeouts are milliseconds. */
export interface ConnectionSettings {
  readonly clock: Clock;
  readonly keepAliveMs: number;
  readonly clientTimeoutMs: number;
  readonly handshakeTimeoutMs: number;
  readonly maxMessageLength: number;
  readonly maxBacklog: number;
}

/** The callbacks of a connection. */
export interface ConnectionObserver {
  /** Reports whether one more client may connect. */
  hasRoom(): boolean;
  /** Called after the handshake, when the client can receive events. */
  onReady(connection: HubConnection): void;
  /**
   * Called when no more events can be sent to the client. `error` is the reason; null for a normal
   * end.
   */
  onEnded(connection: HubConnection, error: string | null): void;
  /** Called when the connection is closed and can be removed. */
  onGone(connection: HubConnection): void;
}

type State = "negotiated" | "attached" | "ready" | "ended" | "gone";

/** The connection of one client. */
export class HubConnection {
  /** The id of the client in logs; not secret. */
  readonly id: string;
  /** The secret that identifies the client's requests. */
  readonly token: string;
  /** The user who negotiated the connection. */
  readonly user: AuthorizedUser;
  readonly #settings: ConnectionSettings;
  readonly #observer: ConnectionObserver;
  readonly #reader: RecordReader;
  #state: State = "negotiated";
  #transport: HubTransport | null = null;
  #lastSeen: number;
  #stopTimer: () => void;

  constructor(
    id: string,
    token: string,
    user: AuthorizedUser,
    settings: ConnectionSettings,
    observer: ConnectionObserver,
  ) {
    this.id = id;
    this.token = token;
    this.user = user;
    this.#settings = settings;
    this.#observer = observer;
    this.#reader = new RecordReader(settings.maxMessageLength);
    this.#lastSeen = settings.clock.monotonic();
    this.#stopTimer = this.#after(settings.handshakeTimeoutMs, () => this.#onHandshakeTimeout());
  }

  /** The chosen transport; null until the client has chosen one. */
  get transport(): HubTransport | null {
    return this.#transport;
  }

  /** Sets the connection's transport. */
  attach(transport: HubTransport): void {
    this.#transport = transport;
    if (this.#state === "negotiated") this.#state = "attached";
    this.seen();
  }

  /** Notes that the client is alive. */
  seen(): void {
    this.#lastSeen = this.#settings.clock.monotonic();
  }

  /** Handles data from the client. */
  receive(text: string): void {
    if (this.#state === "ended" || this.#state === "gone") return;
    this.seen();
    try {
      for (const record of this.#reader.read(text)) this.#receiveRecord(record);
    } catch (error) {
      if (!(error instanceof HubProtocolError)) throw error;
      this.#refuse(error.message);
    }
  }

  /** Sends records to a client that is ready. Drops the client if its backlog is too large. */
  send(records: string): void {
    const transport = this.#transport;
    if (this.#state !== "ready" || transport === null) return;
    if (transport.backlog + records.length > this.#settings.maxBacklog) {
      this.end("The client reads too slowly.", { allowReconnect: true, abrupt: true });
    } else {
      transport.send(records);
    }
  }

  /**
   * Ends the connection with a close message.
   *
   * @param error The error to send to the client; null for a normal end.
   */
  end(
    error: string | null,
    options: { readonly allowReconnect?: boolean; readonly abrupt?: boolean } = {},
  ): void {
    if (this.#state === "ended" || this.#state === "gone") return;
    const { allowReconnect = false, abrupt = false } = options;
    const wasReady = this.#state === "ready";
    this.#state = "ended";
    this.#stopTimer();
    // Some transports deliver the last message later or never. A client that does not fetch it is
    // removed after a timeout.
    this.#stopTimer = this.#after(this.#settings.clientTimeoutMs, () => this.gone());
    if (wasReady) {
      this.#transport?.send(encodeRecord({
        type: messageType.close,
        ...(error === null ? {} : { error }),
        ...(allowReconnect ? { allowReconnect } : {}),
      }));
    }
    this.#observer.onEnded(this, error);
    if (this.#transport === null) this.gone();
    else this.#transport.close(abrupt);
  }

  /** Handles the end of the transport, whichever side has closed it. */
  gone(): void {
    if (this.#state === "gone") return;
    const hadEnded = this.#state === "ended";
    this.#state = "gone";
    this.#stopTimer();
    if (!hadEnded) this.#observer.onEnded(this, null);
    this.#observer.onGone(this);
  }

  #receiveRecord(record: string): void {
    if (this.#state === "attached") {
      checkHandshake(record);
      if (!this.#observer.hasRoom()) return this.#refuse("Too many clients are connected.");
      this.#state = "ready";
      this.#transport?.send(encodeRecord({}));
      this.#stopTimer();
      this.#beat();
      this.#observer.onReady(this);
    } else if (this.#state === "ready") {
      this.#receiveMessage(parseMessage(record));
    }
  }

  #receiveMessage(message: ClientMessage): void {
    if (message.type === messageType.close) {
      this.end(null);
    } else if (
      (message.type === messageType.invocation || message.type === messageType.streamInvocation) &&
      typeof message.invocationId === "string"
    ) {
      this.send(encodeRecord({
        type: messageType.completion,
        invocationId: message.invocationId,
        error: `The hub has no method '${message.target}': it sends TaskEvent and takes no calls.`,
      }));
    }
    // Pings have already been noted. All other messages reply to messages that this hub never
    // sends.
  }

  /**
   * Ends the connection with an error. During the handshake, the error is sent in the response to
   * the handshake; later, in the close message.
   */
  #refuse(error: string): void {
    if (this.#state === "attached") this.#transport?.send(encodeRecord({ error }));
    this.end(error);
  }

  #onHandshakeTimeout(): void {
    if (this.#state === "attached") this.#refuse("The handshake did not come in time.");
    else this.gone();
  }

  /**
   * Runs at every keep-alive interval: sends a ping, and checks when the client was last active.
   */
  #beat(): void {
    this.#stopTimer = this.#after(this.#settings.keepAliveMs, () => {
      const transport = this.#transport;
      if (transport === null) return;
      const silence = this.#settings.clock.monotonic() - this.#lastSeen;
      if (!transport.isPolled && silence > this.#settings.clientTimeoutMs) {
        this.end("The client was silent for too long.", { allowReconnect: true, abrupt: true });
        return;
      }
      if (transport.wantsPings) this.send(pingRecord);
      if (this.#state === "ready") this.#beat();
    });
  }

  #after(delayMs: number, callback: () => void): () => void {
    return this.#settings.clock.setTimer(callback, delayMs, { unref: true });
  }
}

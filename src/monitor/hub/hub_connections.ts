// The hub's connections by their token: the clients, and connections that are not yet or no longer
// clients. Each kind has its own limit, so that requests that never become clients do not exclude
// clients.

import type { AuthorizedUser } from "../../access/authorize.ts";
import { type ConnectionSettings, HubConnection } from "./hub_connection.ts";

/** The settings of the connections. */
export interface ConnectionsSettings extends ConnectionSettings {
  readonly maxClients: number;
  readonly maxPendingConnections: number;
  readonly newId: () => string;
}

/** The hub's callbacks. */
export interface ClientObserver {
  /** Called when the number of clients changes. */
  onClientCount(count: number): void;
  /** Called when a client was dropped. */
  onDropped(connection: HubConnection, error: string): void;
}

/** All connections of a hub. */
export class HubConnections {
  readonly #settings: ConnectionsSettings;
  readonly #observer: ClientObserver;
  readonly #byToken = new Map<string, HubConnection>();
  /** The connections with a completed handshake. */
  readonly #clients = new Set<HubConnection>();
  /** All other connections, oldest first. */
  readonly #pending = new Set<HubConnection>();

  constructor(settings: ConnectionsSettings, observer: ClientObserver) {
    this.#settings = settings;
    this.#observer = observer;
  }

  /** The number of clients. */
  get clientCount(): number {
    return this.#clients.size;
  }

  /** Whether one more client may connect. */
  get hasRoom(): boolean {
    return this.#clients.size < this.#settings.maxClients;
  }

  /** Returns the connection with this token; undefined if there is none. */
  find(token: string): HubConnection | undefined {
    return this.#byToken.get(token);
  }

  /**
   * Creates a connection. First removes the oldest connections that are not clients, if there are
   * too many of them.
   */
  add(user: AuthorizedUser): HubConnection {
    const { newId, maxPendingConnections } = this.#settings;
    const connection = new HubConnection(newId(), newId(), user, this.#settings, {
      hasRoom: () => this.hasRoom,
      onReady: (ready) => this.#onReady(ready),
      onEnded: (ended, error) => this.#onEnded(ended, error),
      onGone: (gone) => this.#onGone(gone),
    });
    for (const oldest of this.#pending) {
      if (this.#pending.size < maxPendingConnections) break;
      oldest.end(null, { abrupt: true });
      oldest.gone();
    }
    this.#byToken.set(connection.token, connection);
    this.#pending.add(connection);
    return connection;
  }

  /** Reports whether a client's user meets a condition. */
  hasUser(condition: (user: AuthorizedUser) => boolean): boolean {
    for (const { user } of this.#clients) if (condition(user)) return true;
    return false;
  }

  /**
   * Sends records to every client.
   *
   * @param recordsFor Returns the records for a user; null for none.
   */
  send(recordsFor: (user: AuthorizedUser) => string | null): void {
    for (const client of [...this.#clients]) {
      const records = recordsFor(client.user);
      if (records !== null) client.send(records);
    }
  }

  /** Ends all connections, and asks the clients to reconnect. */
  close(): void {
    for (const connection of [...this.#byToken.values()]) {
      connection.end(null, { allowReconnect: true });
      connection.gone();
    }
  }

  #onReady(connection: HubConnection): void {
    this.#pending.delete(connection);
    this.#clients.add(connection);
    this.#observer.onClientCount(this.#clients.size);
  }

  #onEnded(connection: HubConnection, error: string | null): void {
    if (!this.#clients.delete(connection)) return;
    this.#pending.add(connection);
    if (error !== null) this.#observer.onDropped(connection, error);
    this.#observer.onClientCount(this.#clients.size);
  }

  #onGone(connection: HubConnection): void {
    this.#pending.delete(connection);
    this.#byToken.delete(connection.token);
  }
}

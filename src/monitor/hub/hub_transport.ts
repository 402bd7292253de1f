// The interface that SignalR's three transports implement for a connection.

/** The transport to one client. */
export interface HubTransport {
  /**
   * The amount of data that the network has not taken yet, in bytes or characters (the same for
   * ASCII).
   */
  readonly backlog: number;

  /**
   * Whether a waiting poll shows that the client is connected. The client then need not send pings.
   * False for transports whose clients send pings.
   */
  readonly isPolled: boolean;

  /** Whether an idle client must be sent pings. */
  readonly wantsPings: boolean;

  /** Sends one or more records. Never waits, never throws. */
  send(records: string): void;

  /**
   * Closes the transport after the network has taken all sent data. With `abrupt`, closes it at
   * once, and drops the data that is not taken yet.
   */
  close(abrupt: boolean): void;
}

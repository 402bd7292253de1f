// The interface that SignalR's three transports implement for a connection.

/** The transport to one client. */
export interface HubTransport {
  /**
   * The amount of data that the network has not taken yet, in bytes or characters (the same for
   * ASCII).
   */
  readonly backlog: number;

  /**
   * Whether the transport itself shows that the client is there (by a waiting poll), so that the
   * client need not send pings. False for transports whose clients send pings.
   */
  readonly isPolled: boolean;

  /** Whether an idle client must be sent pings. */
  readonly wantsPings: boolean;

  /** Sends one or more records. Never waits, never throws. */
  send(records: string): void;

  /**
   * Closes the transport after all sent data; with `abrupt`, at once, and drops data that is not
   * taken yet.
   */
  close(abrupt: boolean): void;
}

// What a connection needs of the way to its client, whichever of SignalR's three transports it is.

/** A way from the hub to one client. */
export interface HubTransport {
  /**
   * What was sent and the network has not taken yet; bytes or characters, which are the same for
   * ASCII.
   */
  readonly backlog: number;

  /**
   * Whether the client shows by itself that it is there (a poll is waiting), so that it need not
   * send pings. False for transports whose clients send pings.
   */
  readonly isPolled: boolean;

  /** Whether an idle client must be sent pings. */
  readonly wantsPings: boolean;

  /** Sends one or more records. Never waits, never throws. */
  send(records: string): void;

  /**
   * Ends the way after what was sent; with `abrupt`, at once, and forgets what was not taken yet.
   */
  close(abrupt: boolean): void;
}

// The part of mssql's interface that the driver uses. The package has no types, and @types/mssql
// depends on a version of Node's types that a program may not want. Those types fit this interface.

/** Which server, and how to connect to it: mssql's configuration. */
export interface SqlServerConfig {
  /** The host's name or address; `host\instance` for a named instance. */
  readonly server: string;
  /** The TCP port. @default 1433 */
  readonly port?: number | undefined;
  /** The database. @default the user's default database */
  readonly database?: string | undefined;
  /** The user's name. */
  readonly user?: string | undefined;
  /** The password. */
  readonly password?: string | undefined;
  /** The Windows domain of the user, for NTLM. */
  readonly domain?: string | undefined;
  /** Milliseconds to wait for a connection. @default 8000 */
  readonly connectionTimeout?: number | undefined;
  /**
   * Milliseconds to wait for the answer to a request; then the server is asked to cancel it, and if
   * it does not answer that either within two seconds (tedious' option `cancelTimeout`), the
   * connection is closed. Keep the sum below `leaseDuration`: a network may drop packets silently.
   * Requests over many rows (reports, retention, the tasks of lost workers) have ten times this
   * timeout.
   * @default 8000
   */
  readonly requestTimeout?: number | undefined;
  /** The pool: `max` connections (10), `min` (0), `idleTimeoutMillis` (30000) … */
  readonly pool?: object | undefined;
  /** Options of tedious: `encrypt`, `trustServerCertificate`, `serverName`, `appName` … */
  readonly options?: object | undefined;
  /** How to log in: `{ type, options }` of tedious, for Microsoft Entra ID. */
  readonly authentication?: object | undefined;
  /**
   * How an idle connection is checked before it is used: `true` by a query, a round trip;
   * `"socket"` by a look at the socket.
   * @default "socket"
   */
  readonly validateConnection?: boolean | string | undefined;
}

/** A `ConnectionPool` of mssql. */
export interface SqlServerPool {
  /** Connects; does nothing when it is connected. */
  connect(): Promise<unknown>;
  /** Closes all connections. */
  close(): Promise<unknown>;
  /** Makes a request. */
  request(options?: SqlServerRequestOptions): SqlServerRequest;
  /** Makes a transaction, which has not begun. */
  transaction(): SqlServerTransaction;
  /** Listens to an event. */
  on(event: string, listener: (error: unknown) => void): unknown;
}

/** A `Transaction` of mssql. */
export interface SqlServerTransaction {
  /** Begins it. */
  begin(): Promise<unknown>;
  /** Makes a request in it. */
  request(options?: SqlServerRequestOptions): SqlServerRequest;
  /** Commits it. */
  commit(): Promise<unknown>;
  /** Rolls it back. */
  rollback(): Promise<unknown>;
}

/** The settings of a request that override those of its pool. */
export interface SqlServerRequestOptions {
  /** Milliseconds; 0: no limit. */
  readonly requestTimeout?: number;
}

/** A `Request` of mssql. */
export interface SqlServerRequest {
  /** Adds a typed parameter; a table brings its type itself. */
  // deno-lint-ignore no-explicit-any -- mssql's own types have overloads here that nothing narrower accepts
  input(name: string, ...typeAndValue: any[]): unknown;
  /** Calls a procedure. */
  execute(procedure: string): Promise<SqlServerAnswer>;
  /** Runs a statement with parameters. */
  query(text: string): Promise<SqlServerAnswer>;
  /** Runs a batch unchanged. */
  batch(text: string): Promise<SqlServerAnswer>;
}

/** What the server answered. */
export interface SqlServerAnswer {
  /** The rows of each recordset. */
  readonly recordsets: unknown;
}

/** A data type with its length or scale. */
export interface SqlType {
  /** mssql's name for it. */
  readonly type: unknown;
}

/** Rows for a table-valued parameter. */
export interface SqlTable {
  /** The columns, in the order of the table type. */
  readonly columns: { add(name: string, type: SqlType, options: object): unknown };
  /** The rows, each with a value a column. */
  readonly rows: { push(...rows: unknown[][]): unknown };
}

/** The package `mssql`, of version 11 or later, as far as the driver uses it. */
export interface Mssql {
  /** Makes pools, and reads ADO.NET connection strings. */
  readonly ConnectionPool: {
    new (config: SqlServerConfig): SqlServerPool;
    parseConnectionString(connection: string): SqlServerConfig;
  };
  /** Makes the rows of a table-valued parameter. */
  readonly Table: new (name: string) => SqlTable;
  /** The length of a text without a bound. */
  readonly MAX: number;
  /** A 32-bit integer. */
  Int(): SqlType;
  /** A 64-bit integer. */
  BigInt(): SqlType;
  /** A 16-bit integer. */
  SmallInt(): SqlType;
  /** A 64-bit floating-point number. */
  Float(): SqlType;
  /** A truth value. */
  Bit(): SqlType;
  /** A UUID. */
  UniqueIdentifier(): SqlType;
  /** A text of at most `length` bytes. */
  VarChar(length: number): SqlType;
  /** A text of at most `length` UTF-16 code units. */
  NVarChar(length: number): SqlType;
  /** An instant with `scale` decimals of a second. */
  DateTimeOffset(scale: number): SqlType;
}

// The part of mssql's interface that the driver uses. The package has no types, and @types/mssql
// depends on a version of Node's types that may conflict with the application's. Objects with the
// types of @types/mssql are compatible with this interface.

/** The configuration of mssql. */
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
  /** The timeout of connecting, in milliseconds. @default 8000 */
  readonly connectionTimeout?: number | undefined;
  /**
   * The timeout of a request, in milliseconds. When it has passed, the server is asked to cancel
   * the request. If the server does not answer within two more seconds (tedious' option
   * `cancelTimeout`), the connection is closed. Keep the sum of both times below `leaseDuration`,
   * because a network may drop packets silently. Requests over many rows (reports, retention, the
   * tasks of lost workers) have ten times this timeout.
   * @default 8000
   */
  readonly requestTimeout?: number | undefined;
  /** The pool: `max` connections (10), `min` (0), `idleTimeoutMillis` (30000) … */
  readonly pool?: object | undefined;
  /** Options of tedious: `encrypt`, `trustServerCertificate`, `serverName`, `appName` … */
  readonly options?: object | undefined;
  /** The authentication: `{ type, options }` of tedious, for Microsoft Entra ID. */
  readonly authentication?: object | undefined;
  /**
   * The check of an idle connection before it is used: `true` sends a query; `"socket"` only checks
   * the socket.
   * @default "socket"
   */
  readonly validateConnection?: boolean | string | undefined;
}

/** A `ConnectionPool` of mssql. */
export interface SqlServerPool {
  /** Connects. Has no effect if it is connected. */
  connect(): Promise<unknown>;
  /** Closes all connections. */
  close(): Promise<unknown>;
  /** Creates a request. */
  request(options?: SqlServerRequestOptions): SqlServerRequest;
  /** Creates a transaction, which has not begun. */
  transaction(): SqlServerTransaction;
  /** Adds a listener of an event. */
  on(event: string, listener: (error: unknown) => void): unknown;
}

/** A `Transaction` of mssql. */
export interface SqlServerTransaction {
  /** Begins the transaction. */
  begin(): Promise<unknown>;
  /** Creates a request in the transaction. */
  request(options?: SqlServerRequestOptions): SqlServerRequest;
  /** Commits the transaction. */
  commit(): Promise<unknown>;
  /** Rolls the transaction back. */
  rollback(): Promise<unknown>;
}

/** The settings of a request that override those of its pool. */
export interface SqlServerRequestOptions {
  /** The timeout in milliseconds; 0 for none. */
  readonly requestTimeout?: number;
}

/** A `Request` of mssql. */
export interface SqlServerRequest {
  /** Adds a parameter with its type. A table is passed without a type. */
  // deno-lint-ignore no-explicit-any -- the overloads of mssql accept no narrower type
  input(name: string, ...typeAndValue: any[]): unknown;
  /** Calls a procedure. */
  execute(procedure: string): Promise<SqlServerAnswer>;
  /** Runs a statement with parameters. */
  query(text: string): Promise<SqlServerAnswer>;
  /** Runs a batch unchanged. */
  batch(text: string): Promise<SqlServerAnswer>;
}

/** The answer of the server. */
export interface SqlServerAnswer {
  /** The rows of each recordset. */
  readonly recordsets: unknown;
}

/** A data type with its length or scale. */
export interface SqlType {
  /** The type, as mssql represents it. */
  readonly type: unknown;
}

/** Rows for a table-valued parameter. */
export interface SqlTable {
  /** The columns, in the order of the table type. */
  readonly columns: { add(name: string, type: SqlType, options: object): unknown };
  /** The rows, each with one value per column. */
  readonly rows: { push(...rows: unknown[][]): unknown };
}

/** The part of the package `mssql`, version 11 or later, that the driver uses. */
export interface Mssql {
  /** Creates pools, and parses ADO.NET connection strings. */
  readonly ConnectionPool: {
    new (config: SqlServerConfig): SqlServerPool;
    parseConnectionString(connection: string): SqlServerConfig;
  };
  /** Creates the rows of a table-valued parameter. */
  readonly Table: new (name: string) => SqlTable;
  /** The length of a string without a limit. */
  readonly MAX: number;
  /** A 32-bit integer. */
  Int(): SqlType;
  /** A 64-bit integer. */
  BigInt(): SqlType;
  /** A 16-bit integer. */
  SmallInt(): SqlType;
  /** A 64-bit floating-point number. */
  Float(): SqlType;
  /** A boolean. */
  Bit(): SqlType;
  /** A UUID. */
  UniqueIdentifier(): SqlType;
  /** A string of at most `length` bytes. */
  VarChar(length: number): SqlType;
  /** At most `length` bytes. */
  VarBinary(length: number): SqlType;
  /** A string of at most `length` UTF-16 code units. */
  NVarChar(length: number): SqlType;
  /** An instant with `scale` decimals of a second. */
  DateTimeOffset(scale: number): SqlType;
}

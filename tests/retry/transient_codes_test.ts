// Tests each code that the presets treat as transient, and neighbouring codes that are not.

import { assertEquals } from "@std/assert";
import { isTransientDatabaseError, isTransientNetworkError } from "@evertask/evertask";

/** An error with only these fields. */
function errorWith(fields: object): Error {
  return Object.assign(new Error("?"), fields);
}

/** A predicate, and the values that make an error transient or not. */
type Table = readonly [
  what: string,
  check: (error: unknown) => boolean,
  make: (value: never) => Error,
  transient: readonly unknown[],
  lasting: readonly unknown[],
];

const byCode = (code: string) => errorWith({ code });
const byName = (name: string) => errorWith({ name });
const byNumber = (number: number) => errorWith({ number });

const sockets = [
  ...["ECONNREFUSED", "ECONNRESET", "ECONNABORTED", "ENOTCONN", "EPIPE", "ETIMEDOUT", "ETIMEOUT"],
  ...["ESOCKETTIMEDOUT", "EHOSTUNREACH", "EHOSTDOWN", "ENETUNREACH", "ENETDOWN", "ENETRESET"],
  ...["EADDRNOTAVAIL", "ENOTFOUND", "EAI_AGAIN", "ERR_SOCKET_CLOSED"],
  ...["ERR_SOCKET_CLOSED_BEFORE_CONNECTION", "ERR_SOCKET_CONNECTION_TIMEOUT"],
];

const tables: readonly Table[] = [
  // Only some of the codes of databases; tests/faults/ tests them all.
  ["SQLSTATEs", isTransientDatabaseError, byCode, ["08006", "40001", "53100", "57014", "58030"], [
    ...["00000", "23505", "22P02", "42P01", "57P04", "1080001", "0800"],
  ]],
  [
    "numbers of SQL Server",
    isTransientDatabaseError,
    byNumber,
    [-2, 913, 1105, 1203, 1205, 40166],
    [0, 207, 2627, 3906, 18456, 50000],
  ],
  ["codes of a database's socket", isTransientDatabaseError, byCode, [
    ...sockets,
    ...["CONNECTION_CLOSED", "CONNECTION_ENDED", "CONNECTION_DESTROYED", "CONNECT_TIMEOUT"],
    ...["ECLOSE", "ECONNCLOSED", "EINSTLOOKUP", "ESOCKET"],
  ], [
    ...["ELOGIN", "EREQUEST", "ECANCEL", "EABORT", "EPARAM", "ENOTOPEN", "EACCES", "ENOENT", ""],
    ...["ERR_SOCKET_BAD_PORT"],
  ]],
  [
    "errcodes of SQLite",
    isTransientDatabaseError,
    (errcode: number) => errorWith({ errcode }),
    [5, 10, 13, 15, 517, 778],
    [0, 1, 8, 11, 14, 19, 26, 2067, 8202, 8458],
  ],
  [
    "numeric codes of an SqliteError",
    isTransientDatabaseError,
    (code: number) => errorWith({ name: "SqliteError", code }),
    [5, 6, 517, 10, 15],
    [1, 8, 19, 2067, 8202],
  ],
  [
    "names of codes of SQLite",
    isTransientDatabaseError,
    (code: string) => errorWith({ name: "SqliteError", code }),
    [
      ...["SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "SQLITE_LOCKED", "SQLITE_LOCKED_SHAREDCACHE"],
      ...["SQLITE_NOMEM", "SQLITE_IOERR", "SQLITE_IOERR_READ", "SQLITE_FULL", "SQLITE_PROTOCOL"],
      ...["SQLITE_SCHEMA"],
    ],
    [
      ...["SQLITE_ERROR", "SQLITE_CONSTRAINT", "SQLITE_READONLY", "SQLITE_IOERR_DATA"],
      ...["SQLITE_IOERR_CORRUPTFS", "SQLITE_CORRUPT", "40001"],
    ],
  ],
  [
    "messages of SQLite",
    isTransientDatabaseError,
    (message: string) => new Error(message),
    [
      ...["database is locked", "database table is locked", "database table is locked: tasks"],
      ...["disk I/O error", "database or disk is full", "locking protocol", "out of memory"],
      ...["database schema has changed"],
    ],
    [
      ...["database disk image is malformed", "the table is locked", "no such table: database"],
      ...["attempt to write a readonly database", "unable to open database file"],
      ...["file is not a database", "JavaScript heap out of memory"],
    ],
  ],
  [
    "values of the member transient",
    isTransientDatabaseError,
    (transient: unknown) => errorWith({ transient }),
    [true],
    [false, "true", 1, undefined],
  ],
  ["codes of a socket", isTransientNetworkError, byCode, [
    ...sockets,
    ...["UND_ERR_CONNECT_TIMEOUT", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"],
    ...["UND_ERR_SOCKET", "ConnectionRefused", "ConnectionClosed", "FailedToOpenSocket"],
  ], [
    ...["EACCES", "EADDRINUSE", "ENOENT", "EMFILE", "UND_ERR_ABORTED", "UND_ERR_INVALID_ARG"],
    ...["ERR_INVALID_URL", "CERT_HAS_EXPIRED", "08006"],
  ]],
  ["names of errors", isTransientNetworkError, byName, [
    ...["ConnectionRefused", "ConnectionReset", "ConnectionAborted", "NotConnected", "BrokenPipe"],
    ...["TimedOut", "UnexpectedEof", "TimeoutError"],
  ], ["NotFound", "PermissionDenied", "AddrInUse", "InvalidData", "AbortError", "Error"]],
  [
    "messages of fetch",
    isTransientNetworkError,
    (message: string) => new TypeError(message),
    [
      "fetch failed",
      "error sending request for url (http://localhost/)",
      "error reading a body from connection",
      "Failed to fetch",
      "Load failed",
      "NetworkError when attempting to fetch resource.",
      "terminated",
    ],
    ["Invalid URL: 'x'", "terminated early", "the fetch failed", "x is not a function"],
  ],
];

for (const [what, check, make, transient, lasting] of tables) {
  Deno.test(`exactly the listed ${what} mark an error as transient`, () => {
    const values = [...transient, ...lasting];
    const found = values.filter((value) => check(make(value as never)));
    assertEquals(found, transient);
  });
}

Deno.test("a wrapped transient error is recognized, whatever property holds it", () => {
  const reset = errorWith({ code: "ECONNRESET" });
  const wrapped = [
    new Error("outer", { cause: reset }),
    errorWith({ originalError: reset }),
    new Error("outer", { cause: errorWith({ originalError: reset }) }),
    new AggregateError([new Error("first"), reset]),
    new SuppressedError(reset, new Error("other")),
    new SuppressedError(new Error("other"), reset),
  ];
  for (const error of wrapped) {
    assertEquals([isTransientDatabaseError(error), isTransientNetworkError(error)], [true, true]);
  }
});

Deno.test("fetch's messages mark a network failure only in a TypeError, which fetch throws", () => {
  const messages = ["fetch failed", "Failed to fetch", "terminated"];
  assertEquals(messages.map((text) => isTransientNetworkError(new TypeError(text))), [
    true,
    true,
    true,
  ]);
  assertEquals(messages.map((text) => isTransientNetworkError(new Error(text))), [
    false,
    false,
    false,
  ]);
});

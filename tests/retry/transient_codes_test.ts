// Each code by which the presets know a transient error, and its neighbours, which are none.

import { assertEquals } from "@std/assert";
import { isTransientDatabaseError, isTransientNetworkError } from "@evertask/evertask";

/** An error that carries nothing but these fields. */
function errorWith(fields: object): Error {
  return Object.assign(new Error("?"), fields);
}

/** A check that is put to errors, each made of one of the values. */
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
  ...["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"],
  ...["ENOTFOUND", "EAI_AGAIN", "ETIMEOUT"],
];

const tables: readonly Table[] = [
  ["SQLSTATE", isTransientDatabaseError, byCode, [
    ...["08000", "08001", "08003", "08004", "08006", "08007", "08P01", "40001", "40P01", "55P03"],
    ...["53000", "53100", "53200", "53300", "53400", "57P01", "57P02", "57P03", "57P04", "57P05"],
  ], [
    ...["00000", "23505", "23503", "22P02", "40000", "40002", "40003", "42P01", "42601", "55000"],
    ...["55006", "57000", "57014", "58030", "28P01", "3D000", "XX000", "1080001", "0800"],
  ]],
  ["number of SQL Server", isTransientDatabaseError, byNumber, [
    ...[-2, 64, 233, 596, 701, 921, 922, 1203, 1204, 1205, 1222, 3960, 4060, 4221, 8645, 8651],
    ...[10053, 10054, 10060, 10928, 10929, 11001, 40143, 40197, 40501, 40540, 40613, 42108],
    ...[42109, 49918, 49919, 49920],
  ], [
    ...[
      0,
      2,
      102,
      207,
      208,
      229,
      515,
      547,
      1206,
      2601,
      2627,
      3961,
      8134,
      8152,
      18456,
      40614,
      50000,
    ],
  ]],
  ["code of a database's socket", isTransientDatabaseError, byCode, [
    ...sockets,
    ...["CONNECTION_CLOSED", "CONNECTION_ENDED", "CONNECTION_DESTROYED", "CONNECT_TIMEOUT"],
    ...["ESOCKET", "ECONNCLOSED", "EINSTLOOKUP"],
  ], ["ELOGIN", "EREQUEST", "ECANCEL", "EPARAM", "ENOTOPEN", "EACCES", "ENOENT", ""]],
  [
    "errcode of SQLite",
    isTransientDatabaseError,
    (errcode: number) => errorWith({ errcode }),
    [5, 6, 261, 517, 773, 262, 518],
    [0, 1, 7, 8, 10, 11, 13, 14, 19, 26, 2067],
  ],
  [
    "numeric code of an SqliteError",
    isTransientDatabaseError,
    (code: number) => errorWith({ name: "SqliteError", code }),
    [5, 6, 517],
    [1, 8, 19, 2067],
  ],
  [
    "name of a code of SQLite",
    isTransientDatabaseError,
    (code: string) => errorWith({ name: "SqliteError", code }),
    ["SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "SQLITE_LOCKED", "SQLITE_LOCKED_SHAREDCACHE"],
    ["SQLITE_ERROR", "SQLITE_CONSTRAINT", "SQLITE_FULL", "SQLITE_READONLY", "40001"],
  ],
  [
    "message of SQLite",
    isTransientDatabaseError,
    (message: string) => new Error(message),
    ["database is locked", "database table is locked", "database table is locked: tasks"],
    ["database disk image is malformed", "the table is locked", "no such table: database"],
  ],
  [
    "transient member",
    isTransientDatabaseError,
    (transient: unknown) => errorWith({ transient }),
    [true],
    [false, "true", 1, undefined],
  ],
  ["code of a socket", isTransientNetworkError, byCode, [
    ...sockets,
    ...["ECONNABORTED", "EHOSTDOWN", "ENETDOWN", "ENETRESET", "EADDRNOTAVAIL", "ESOCKETTIMEDOUT"],
    ...["UND_ERR_CONNECT_TIMEOUT", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"],
    ...["UND_ERR_SOCKET", "ConnectionRefused", "ConnectionClosed", "FailedToOpenSocket"],
  ], [
    ...["EACCES", "EADDRINUSE", "ENOENT", "EMFILE", "UND_ERR_ABORTED", "UND_ERR_INVALID_ARG"],
    ...["ERR_INVALID_URL", "CERT_HAS_EXPIRED", "08006"],
  ]],
  ["name of an error", isTransientNetworkError, byName, [
    ...["ConnectionRefused", "ConnectionReset", "ConnectionAborted", "NotConnected", "BrokenPipe"],
    ...["TimedOut", "UnexpectedEof", "TimeoutError"],
  ], ["NotFound", "PermissionDenied", "AddrInUse", "InvalidData", "AbortError", "Error"]],
  [
    "message of fetch",
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
  Deno.test(`a transient error is known by each ${what} that is listed, and by no other`, () => {
    const values = [...transient, ...lasting];
    const found = values.filter((value) => check(make(value as never)));
    assertEquals(found, transient);
  });
}

Deno.test("a transient error is known inside what wraps it, however the wrapping is called", () => {
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

Deno.test("what fetch says is a failure of the network only where fetch says it", () => {
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

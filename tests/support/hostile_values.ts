// Lists thrown values that break code that inspects them.

import { runInNewContext } from "node:vm";

const refuse = (): never => {
  throw new Error("nobody may look at this");
};

/** An error one of whose members cannot be read. */
function withGetter(name: string): Error {
  return Object.defineProperty(new Error(`a getter of ${name}`), name, { get: refuse });
}

/** A Proxy all of whose traps throw. */
function closed(target: object): object {
  return new Proxy(target, new Proxy({}, { get: () => refuse }));
}

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

/** An error that has a cause, which has a cause, and so on. */
function endless(): Error {
  return Object.defineProperty(new Error("again"), "cause", { get: endless });
}

/** Returns 41 objects, each of which has the previous one twice: over 10^12 when serialized. */
function doubled(): object {
  let value: object = { end: true };
  for (let level = 0; level < 40; level++) value = { left: value, right: value };
  return value;
}

/** Returns an empty array whose text has a billion commas. */
function billionHoles(): unknown[] {
  return new Array(1e9);
}

function circular(): Error {
  const error = new Error("round");
  error.cause = new Error("and round", { cause: error });
  return error;
}

/** The values by name. Each function makes a new value at each call. */
export const hostileValues: Readonly<Record<string, () => unknown>> = {
  "an error whose stack is a number": () =>
    Object.defineProperty(new Error("odd"), "stack", { value: 42 }),
  "an error whose members are symbols": () =>
    Object.assign(new Error(), { name: Symbol("n"), message: Symbol("m"), stack: Symbol("s") }),
  "an error whose members are objects": () =>
    Object.assign(new Error(), { name: {}, message: Object.create(null), stack: [], code: {} }),
  ...Object.fromEntries(
    ["name", "message", "stack", "cause", "errors", "code", "transient", "toString", "toJSON"].map(
      (name) => [`an error whose getter of ${name} throws`, () => withGetter(name)],
    ),
  ),
  "a Proxy all of whose traps throw": () => closed(new Error("hidden")),
  "a function behind a Proxy all of whose traps throw": () => closed(function named() {}),
  "a Proxy whose prototype cannot be read": () =>
    new Proxy(new Error("seen"), { getPrototypeOf: refuse }),
  "a Proxy that was revoked": () => revoked(new Error("gone")),
  "a function whose Proxy was revoked": () => revoked(() => {}),
  "an error with a list whose Proxy was revoked": () =>
    Object.assign(new Error("list"), { errors: revoked([]) }),
  "an error with a list of infinite length": () =>
    Object.assign(new Error("list"), {
      errors: new Proxy([], { get: (_, name) => name === "length" ? Infinity : new Error("item") }),
    }),
  "an object without a prototype": () => Object.create(null),
  "an object whose toString, toJSON and tag throw": () => ({
    toString: refuse,
    toJSON: refuse,
    [Symbol.toPrimitive]: refuse,
    get [Symbol.toStringTag]() {
      return refuse();
    },
  }),
  "an object that only inherits from Date": () => Object.create(Date.prototype),
  "an object that only inherits from Error": () => Object.create(Error.prototype),
  "a thenable that throws": () => ({ then: refuse }),
  "a symbol": () => Symbol("thrown"),
  "nothing": () => undefined,
  "null": () => null,
  "a bigint": () => 10n ** 100n,
  "a text": () => "text",
  "an error with circular causes": circular,
  "an error whose causes never end": endless,
  "an error with thousands of errors": () =>
    new AggregateError(Array.from({ length: 5_000 }, (_, at) => new Error(`part ${at}`)), "many"),
  "an object of few parts that takes forever to serialize": doubled,
  "a list of a billion holes": billionHoles,
  "an error of another realm": () => runInNewContext("new RangeError('too far')"),
  "an error with a very long message": () => new Error("x".repeat(10_000_000)),
  "an error of very many lines": () => new Error("\n".repeat(1_000_000)),
};

/** Reports whether the value that `make` returns is too large for JSON.stringify. */
export function isHuge(make: () => unknown): boolean {
  return make === doubled || make === billionHoles;
}

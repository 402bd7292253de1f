// The types of payloads: the type after a round trip through JSON, and the constraint that JSON can
// represent a type. A payload is stored as JSON, and the handler gets the parsed value.

/**
 * The type that a handler gets for a payload. A `Date` becomes a string, and any other object with
 * a `toJSON` becomes that method's result. `undefined` becomes null as the whole payload, and is
 * omitted as a property. `void` means no payload and stays `void`.
 *
 * @typeParam Payload The dispatched type.
 *
 * @example
 * ```ts
 * import type { JsonOf } from "@evertask/evertask";
 *
 * const stored: JsonOf<{ at: Date; tags?: string[] }> = { at: "2026-12-25T10:00:00.000Z" };
 * ```
 */
export type JsonOf<Payload> = unknown extends Payload ? Payload
  : Payload extends Plain ? Payload
  : Payload extends undefined ? null
  : Payload extends void ? void
  : Payload extends { toJSON(...args: never[]): infer Written } ? JsonOf<Written>
  : Payload extends (infer Item)[] ? Item[] extends Payload ? JsonPart<Item>[] : JsonTuple<Payload>
  : Payload extends readonly (infer Item)[]
    ? readonly Item[] extends Payload ? readonly JsonPart<Item>[] : JsonTuple<Payload>
  : { [Name in keyof Payload as Exclude<Name, symbol>]: JsonPart<Payload[Name]> };

/** @internal A tuple. */
type JsonTuple<List> = { [Index in keyof List]: JsonPart<List[Index]> };

/** @internal An element or a property. */
type JsonPart<Part> = Part extends undefined ? Part : JsonOf<Part>;

/**
 * The constraint on a payload's type. For a type that JSON can represent, it is that type. For any
 * other type, each property that JSON cannot represent becomes a string literal with the remedy,
 * which the compiler's error shows with the property's name.
 *
 * A class with methods is rejected, because JSON drops the methods. `dispatch` rejects values that
 * types do not show, such as `NaN`.
 *
 * @typeParam Payload The type to dispatch.
 *
 * @example A function that defines tasks for any payload
 * ```ts
 * import { defineTask, type JsonOf, type StorablePayload } from "@evertask/evertask";
 *
 * function auditTask<Payload extends StorablePayload<Payload>>(
 *   type: string,
 *   write: (entry: JsonOf<Payload>) => void,
 * ) {
 *   return defineTask<Payload>({ type, auditLevel: "None", handle: (payload) => write(payload) });
 * }
 * ```
 */
// A conditional type that distributes over a type parameter cannot be that parameter's constraint,
// because the compiler reports it as circular. The conditions here therefore test the whole type;
// StorablePart distributes over the members of a union.
export type StorablePayload<Payload> =
  [Extract<Exclude<Payload, ConvertsItself>, Unwritable>] extends [never] ? StorableWhole<Payload>
    : "JSON has no functions, symbols, bigints, Maps, Sets, promises and bytes: a payload is data";

/** @internal A payload that JSON can represent as a whole, although perhaps not its parts. */
type StorableWhole<Whole> = [Exclude<Whole, Known>] extends [never]
  ? [Extract<Whole, Plain | ConvertsItself>] extends [never]
    ? [Whole] extends [readonly unknown[]] ? StorableList<Whole> : StorableParts<Whole>
  : StorableParts<Whole> | Plain | ConvertsItself
  : unknown;

type StorableParts<Whole> = { [Name in keyof Whole]: StorablePart<Whole[Name]> };

type StorablePart<Part> = unknown extends Part ? Part
  : Part extends Plain | undefined ? Part
  : Part extends AnyFunction ? "JSON has no functions: a payload is data"
  : Part extends symbol ? "JSON has no symbols: write a string"
  : Part extends { toJSON(...args: never[]): infer Written }
    ? { toJSON(...args: never[]): StorablePart<Written> }
  : Part extends bigint ? "JSON has no bigint: write a string"
  : Part extends AnyMap ? "JSON has no Map: write Object.fromEntries(map), or a list of its entries"
  : Part extends AnySet ? "JSON has no Set: write [...set]"
  : Part extends PromiseLike<unknown> ? "JSON has no Promise: await it first"
  : Part extends Bytes ? "JSON has no bytes: write them in base64"
  : [Part, keyof Error] extends [Error, keyof Part] ? "JSON has no Error: write its message"
  : Part extends readonly unknown[] ? StorableList<Part>
  : StorableParts<Part>;

type StorableList<List extends readonly unknown[]> = number extends List["length"]
  ? readonly StorableItem<List[number]>[]
  : StorableParts<List>;

type StorableItem<Item> = Item extends undefined ? "JSON has no undefined in a list: write null"
  : StorablePart<Item>;

/** @internal The types that JSON keeps unchanged. */
type Plain = string | number | boolean | null;
/** Every type but `unknown`. */
type Known = Plain | bigint | symbol | undefined | void | object;
/** @internal An object that converts itself to JSON: a `Date`, a `URL`. */
type ConvertsItself = { toJSON(...args: never[]): unknown };
/** @internal The types that JSON cannot represent, unless they convert themselves. */
type Unwritable = AnyFunction | symbol | bigint | AnyMap | AnySet | PromiseLike<unknown> | Bytes;
type AnyFunction = ((...args: never[]) => unknown) | (abstract new (...args: never[]) => unknown);
type AnyMap = ReadonlyMap<unknown, unknown>;
type AnySet = ReadonlySet<unknown>;
type Bytes = ArrayBuffer | ArrayBufferView;

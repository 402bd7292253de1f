// The types of payloads: the type after a round trip through JSON, and whether JSON can hold a
// type. A payload is stored as JSON, and its handler gets the parsed value.

/**
 * The type that a handler gets for a payload. A `Date` becomes a string, and any other object with
 * a `toJSON` the value that this returns. `undefined` is null as the whole payload, and absent as a
 * property. `void` means no payload and stays `void`.
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

/** @internal A list whose places have types of their own. */
type JsonTuple<List> = { [Index in keyof List]: JsonPart<List[Index]> };

/** @internal An element or a property. */
type JsonPart<Part> = Part extends undefined ? Part : JsonOf<Part>;

/**
 * The constraint on a payload's type. For a type that JSON can hold it is that type. For any other
 * it has a text in the place of each property that JSON cannot hold, so that the compiler's error
 * names the property and what to write instead.
 *
 * A class with methods is refused, since JSON drops the methods. A value that types do not show,
 * such as `NaN`, is refused by `dispatch`.
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
// A conditional type that distributes over a type parameter cannot be that parameter's constraint:
// the compiler calls it circular. So the conditions here are about the whole type; StorablePart
// distributes over the members of a union.
export type StorablePayload<Payload> =
  [Extract<Exclude<Payload, ConvertsItself>, Unwritable>] extends [never] ? StorableWhole<Payload>
    : "JSON has no functions, symbols, bigints, Maps, Sets, promises and bytes: a payload is data";

/** @internal A payload that is not itself what JSON cannot hold; its parts may be. */
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

/** @internal What JSON holds unchanged. */
type Plain = string | number | boolean | null;
/** Every type but `unknown`. */
type Known = Plain | bigint | symbol | undefined | void | object;
/** @internal An object that converts itself to JSON: a `Date`, a `URL`. */
type ConvertsItself = { toJSON(...args: never[]): unknown };
/** @internal What JSON cannot hold, unless it converts itself. */
type Unwritable = AnyFunction | symbol | bigint | AnyMap | AnySet | PromiseLike<unknown> | Bytes;
type AnyFunction = ((...args: never[]) => unknown) | (abstract new (...args: never[]) => unknown);
type AnyMap = ReadonlyMap<unknown, unknown>;
type AnySet = ReadonlySet<unknown>;
type Bytes = ArrayBuffer | ArrayBufferView;

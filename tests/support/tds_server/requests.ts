// Parses client requests: batches, procedure calls with typed parameters, and the start and end of
// transactions ([MS-TDS] 2.2.6.6, 2.2.6.7, 2.2.6.9).

import { ByteReader } from "./bytes.ts";
import { type Message, messageType } from "./packets.ts";
import { readTyped, type TypedValue } from "./types.ts";

/** One request of a client. */
export interface TdsRequest {
  readonly kind: "batch" | "call" | "query" | "begin" | "commit" | "rollback";
  /** The SQL text, or the procedure's name as sent by the client. Empty for transactions. */
  readonly text: string;
  /** The parameters by name, without the `@`. */
  readonly parameters: Readonly<Record<string, TypedValue>>;
  /** The descriptor of the request's transaction, or 0 if there is none. */
  readonly transaction: bigint;
}

const executeSql = 10;

/** Parses a message as a request. */
export function readRequest({ type, data }: Message): TdsRequest {
  const reader = new ByteReader(data);
  const transaction = readHeaders(reader);
  switch (type) {
    case messageType.batch: {
      const text = reader.text((data.length - headersLength(data)) / 2);
      return { kind: "batch", text, parameters: {}, transaction };
    }
    case messageType.call:
      return readCall(reader, transaction);
    case messageType.transaction: {
      const kind = ({ 5: "begin", 7: "commit", 8: "rollback" } as const)[reader.u16()];
      if (kind !== undefined) return { kind, text: "", parameters: {}, transaction };
    }
  }
  throw new TypeError(`The test server does not know the message type ${type}.`);
}

function headersLength(data: Uint8Array): number {
  return new ByteReader(data).u32();
}

/** Reads ALL_HEADERS and returns the transaction's descriptor. */
function readHeaders(reader: ByteReader): bigint {
  const end = reader.u32();
  let transaction = 0n;
  for (let at = 4; at < end;) {
    reader.seek(at);
    at += reader.u32();
    if (reader.u16() === 2) transaction = reader.u64();
  }
  reader.seek(end);
  return transaction;
}

function readCall(reader: ByteReader, transaction: bigint): TdsRequest {
  const length = reader.u16();
  const procedure = length === 0xffff ? reader.u16() : reader.text(length);
  reader.u16(); // options
  const named: [string, TypedValue][] = [];
  while (!reader.isAtEnd) {
    const name = reader.shortText().slice(1);
    reader.u8(); // status flags
    named.push([name, readTyped(reader)]);
  }
  if (procedure === executeSql) {
    const [[, statement], _declarations, ...parameters] = named as [
      [string, TypedValue],
      ...[string, TypedValue][],
    ];
    const text = String(statement.value);
    return { kind: "query", text, parameters: Object.fromEntries(parameters), transaction };
  }
  if (typeof procedure === "number") {
    throw new TypeError(`The test server does not know the procedure number ${procedure}.`);
  }
  return { kind: "call", text: procedure, parameters: Object.fromEntries(named), transaction };
}

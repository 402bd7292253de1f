// The part of SignalR's JSON hub protocol that a send-only hub needs: records, the handshake, and
// the messages of both sides. Specification:
// https://github.com/dotnet/aspnetcore/blob/main/src/SignalR/docs/specs/HubProtocol.md

import { jsonText } from "../json_text.ts";

/** The end of every record: U+001E, which JSON never contains. */
const recordSeparator = "\x1e";

/** The protocol's numbers of message types. */
export const messageType = {
  invocation: 1,
  streamItem: 2,
  completion: 3,
  streamInvocation: 4,
  cancelInvocation: 5,
  ping: 6,
  close: 7,
} as const;

/** The fields of a client's message that the hub reads. */
export interface ClientMessage {
  readonly type: number;
  readonly target?: unknown;
  readonly invocationId?: unknown;
}

/** A violation of the protocol by a client, which ends the connection. */
export class HubProtocolError extends Error {
  /** `HubProtocolError` */
  override name = "HubProtocolError";
}

/** Encodes one record. */
export function encodeRecord(message: Readonly<Record<string, unknown>>): string {
  return jsonText(message) + recordSeparator;
}

/** The record of a ping. */
export const pingRecord: string = encodeRecord({ type: messageType.ping });

/** Splits received data into records, regardless of how it was split in transit. */
export class RecordReader {
  readonly #maxLength: number;
  #rest = "";

  /** @param maxLength The maximum length of a record and of a chunk, in UTF-16 code units. */
  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  /**
   * Adds a chunk, and returns the records that are complete now.
   *
   * @throws {HubProtocolError} If a record or the chunk is too long.
   */
  read(chunk: string): string[] {
    this.#check(chunk.length);
    const [first = "", ...others] = chunk.split(recordSeparator);
    this.#check(this.#rest.length + first.length);
    const records = [this.#rest + first, ...others];
    this.#rest = records.pop() ?? "";
    return records;
  }

  #check(length: number): void {
    if (length <= this.#maxLength) return;
    this.#rest = "";
    throw new HubProtocolError(
      `The maximum message size of ${this.#maxLength} characters was exceeded.`,
    );
  }
}

/**
 * Checks the first record of a client.
 *
 * @throws {HubProtocolError} If the record is not a handshake, or requests an unsupported protocol.
 */
export function checkHandshake(record: string): void {
  const { protocol, version } = parseRecord(record);
  if (typeof protocol !== "string" || typeof version !== "number") {
    throw new HubProtocolError(
      "The first message must be a handshake request with protocol and version.",
    );
  }
  if (protocol !== "json") {
    throw new HubProtocolError(`The protocol '${protocol}' is not supported; use 'json'.`);
  }
  // Version 2 adds messages for stateful reconnects, which clients send only if the server offers
  // them.
  if (version !== 1 && version !== 2) {
    throw new HubProtocolError(`Version ${version} of the protocol 'json' is not supported.`);
  }
}

/**
 * Parses a message of a client.
 *
 * @throws {HubProtocolError} If `record` is not a message.
 */
export function parseMessage(record: string): ClientMessage {
  const message = parseRecord(record);
  if (typeof message.type !== "number") throw new HubProtocolError("A message has no type.");
  return { ...message, type: message.type };
}

function parseRecord(record: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(record);
  } catch {
    throw new HubProtocolError("A message is not valid JSON.");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new HubProtocolError("A message is not a JSON object.");
  }
  return value as Record<string, unknown>;
}

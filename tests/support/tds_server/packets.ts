// TDS packets: parts of messages, each with a header of eight bytes ([MS-TDS] 2.2.3).

import { ByteReader, ByteWriter } from "./bytes.ts";
import { type ChannelReader, concat } from "./channel.ts";

/** The type of a message. */
export const messageType = {
  batch: 1,
  call: 3,
  answer: 4,
  attention: 6,
  transaction: 14,
  login: 16,
  prelogin: 18,
} as const;

/** A whole message. */
export interface Message {
  readonly type: number;
  readonly data: Uint8Array;
}

const headerLength = 8;
const packetLength = 4096;
const endOfMessage = 1;

/**
 * Reads one packet: its type, its payload, and whether it ends its message. Null when the other
 * side has closed.
 */
export async function readPacket(
  reader: ChannelReader,
): Promise<(Message & { readonly isLast: boolean }) | null> {
  const header = await reader.take(headerLength);
  if (header === null) return null;
  const fields = new ByteReader(header);
  const type = fields.u8();
  const status = fields.u8();
  const data = await reader.take(fields.u16BigEndian() - headerLength);
  return data === null ? null : { type, data, isLast: (status & endOfMessage) !== 0 };
}

/** Reads one message, which may have several packets. */
export async function readMessage(reader: ChannelReader): Promise<Message | null> {
  const pieces: Uint8Array[] = [];
  while (true) {
    const packet = await readPacket(reader);
    if (packet === null) return null;
    pieces.push(packet.data);
    if (packet.isLast) return { type: packet.type, data: concat(pieces) };
  }
}

/** Splits a message into packets. */
export function toPackets(type: number, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const room = packetLength - headerLength;
  const writer = new ByteWriter();
  let at = 0;
  for (let number = 1; at < data.length || number === 1; number++) {
    const piece = data.subarray(at, at + room);
    at += room;
    writer.u8(type).u8(at >= data.length ? endOfMessage : 0);
    writer.u16BigEndian(piece.length + headerLength).u16(0).u8(number & 0xff).u8(0).bytes(piece);
  }
  return writer.finish();
}

// TLS for TDS. During the handshake, PRELOGIN messages carry TLS records; afterwards, TLS carries
// TDS. The runtime's TLS listener does the cryptography. This file connects it to the client, and
// wraps and unwraps messages.

import type { Certificate } from "./certificate.ts";
import { type ByteChannel, ChannelReader, concat, writeAll } from "./channel.ts";
import { messageType, readMessage, toPackets } from "./packets.ts";

/**
 * Answers a client's handshake.
 *
 * @param reader Reads from the client, whose next message begins the handshake.
 * @param channel Writes to the client.
 * @returns The decrypted side of the connection, or null if the handshake fails.
 */
export async function encryptChannel(
  reader: ChannelReader,
  channel: ByteChannel,
  certificate: Certificate,
): Promise<ByteChannel | null> {
  using listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...certificate });
  const [inner, accepted] = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port }),
    listener.accept(),
  ]);
  const innerReader = new ChannelReader(inner);
  const pump = async (from: ChannelReader, to: ByteChannel) => {
    for (let some = await from.takeSome(); some !== null; some = await from.takeSome()) {
      await writeAll(to, some);
    }
  };
  const carry = async () => {
    await exchangeHandshake(reader, channel, innerReader, inner);
    const toClient = pump(innerReader, channel).catch(() => {}).finally(() => channel.close());
    await pump(reader, inner).catch(() => {}).finally(() => closeQuietly(inner));
    await toClient;
  };
  const carried = carry().catch(() => closeQuietly(inner));
  try {
    await accepted.handshake();
  } catch {
    closeQuietly(accepted);
    await carried;
    return null;
  }
  return {
    read: (buffer) => accepted.read(buffer),
    write: (bytes) => accepted.write(bytes),
    close: () => accepted.close(),
  };
}

/** Answers each PRELOGIN message with one message, until the client sends bare TLS records. */
async function exchangeHandshake(
  reader: ChannelReader,
  channel: ByteChannel,
  innerReader: ChannelReader,
  inner: ByteChannel,
): Promise<void> {
  while (await reader.peek() === messageType.prelogin) {
    const message = await readMessage(reader);
    if (message === null) return;
    await writeAll(inner, message.data);
    const flight = await readFlight(innerReader);
    await writeAll(channel, toPackets(messageType.prelogin, flight));
  }
}

const recordType = { changeCipherSpec: 20, alert: 21, handshake: 22 };

/**
 * Reads the records of a TLS 1.2 server until it waits for the client, that is, up to
 * ServerHelloDone, Finished or an alert.
 */
async function readFlight(reader: ChannelReader): Promise<Uint8Array> {
  const records: Uint8Array[] = [];
  let encrypted = false;
  while (true) {
    const header = await reader.take(5);
    const body = header && await reader.take(header[3]! << 8 | header[4]!);
    if (!header || !body) return concat(records);
    records.push(header.slice(), body.slice());
    const type = header[0];
    const isHelloDone = body.at(-4) === 14 && body.at(-3) === 0 && body.at(-2) === 0 &&
      body.at(-1) === 0;
    if (type === recordType.alert) return concat(records);
    if (type === recordType.handshake && (encrypted || isHelloDone)) return concat(records);
    if (type === recordType.changeCipherSpec) encrypted = true;
  }
}

function closeQuietly(closer: { close(): void }): void {
  try {
    closer.close();
  } catch {
    // It is closed already.
  }
}

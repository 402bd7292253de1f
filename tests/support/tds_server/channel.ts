// A bidirectional byte stream, and a buffered reader for it.

/** A TCP connection, or the decrypted side of a TLS connection. */
export interface ByteChannel {
  read(buffer: Uint8Array<ArrayBuffer>): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

/** Reads a requested number of bytes. A broken connection counts as the end of the stream. */
export class ChannelReader {
  readonly #channel: ByteChannel;
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array();

  constructor(channel: ByteChannel) {
    this.#channel = channel;
  }

  /** Returns the given number of bytes, or null if the stream ends before. */
  async take(length: number): Promise<Uint8Array | null> {
    if (!await this.#fill(length)) return null;
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return taken;
  }

  /** Returns the next byte without taking it. */
  async peek(): Promise<number | null> {
    return await this.#fill(1) ? this.#rest[0]! : null;
  }

  /** Returns the data that has arrived, or waits for more. */
  async takeSome(): Promise<Uint8Array | null> {
    if (!await this.#fill(1)) return null;
    const some = this.#rest;
    this.#rest = new Uint8Array();
    return some;
  }

  async #fill(length: number): Promise<boolean> {
    const buffer = new Uint8Array(65_536);
    while (this.#rest.length < length) {
      const count = await this.#channel.read(buffer).catch(() => null);
      if (count === null) return false;
      this.#rest = concat([this.#rest, buffer.subarray(0, count)]);
    }
    return true;
  }
}

/** Writes all bytes. */
export async function writeAll(channel: ByteChannel, bytes: Uint8Array): Promise<void> {
  let written = 0;
  while (written < bytes.length) written += await channel.write(bytes.subarray(written));
}

/** Concatenates byte arrays. */
export function concat(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

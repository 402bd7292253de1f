// The login: PRELOGIN negotiates encryption, and LOGIN7 has the credentials ([MS-TDS] 2.2.6.4,
// 2.2.6.5).

import { ByteReader, ByteWriter } from "./bytes.ts";

/** The values of PRELOGIN's encryption option. */
export const encryption = { off: 0, on: 1, notSupported: 2, required: 3 } as const;

const encryptionOption = 1;
const endOfOptions = 0xff;

/** Returns the client's encryption option. */
export function readEncryption(data: Uint8Array): number {
  const reader = new ByteReader(data);
  for (let option = reader.u8(); option !== endOfOptions; option = reader.u8()) {
    const at = reader.u16BigEndian();
    reader.u16BigEndian();
    if (option === encryptionOption) return data[at]!;
  }
  return encryption.notSupported;
}

/** Returns the server's PRELOGIN: its version (16.0) and its encryption option. */
export function preloginAnswer(encrypt: number): Uint8Array {
  const headers = 2 * 5 + 1;
  return new ByteWriter()
    .u8(0).u16BigEndian(headers).u16BigEndian(6)
    .u8(encryptionOption).u16BigEndian(headers + 6).u16BigEndian(1)
    .u8(endOfOptions)
    .bytes([16, 0, 0, 0, 0, 0]).u8(encrypt)
    .finish();
}

/** The credentials of a client. */
export interface Login {
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly application: string;
  /** Whether the password arrived over an encrypted connection. */
  readonly encrypted: boolean;
}

/** Reads LOGIN7 and decodes the obfuscated password. */
export function readLogin(data: Uint8Array, encrypted: boolean): Login {
  const field = (at: number): Uint8Array => {
    const reader = new ByteReader(data);
    reader.seek(at);
    const start = reader.u16();
    return data.slice(start, start + 2 * reader.u16());
  };
  const textOf = (bytes: Uint8Array) => new ByteReader(bytes).text(bytes.length / 2);
  const veiled = field(44);
  const password = veiled.map((byte) => {
    const turned = byte ^ 0xa5;
    return (turned >> 4 | turned << 4) & 0xff;
  });
  return {
    user: textOf(field(40)),
    password: textOf(password),
    application: textOf(field(48)),
    database: textOf(field(68)),
    encrypted,
  };
}

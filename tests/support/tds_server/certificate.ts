// Creates a self-signed certificate for each test run: X.509 in DER (RFC 5280), signed with
// WebCrypto. Packages for this depend on a reflection library or on an installed program.

/** A certificate and its key, in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

type Bytes = Uint8Array<ArrayBuffer>;

/** Creates a certificate for a host name, valid for one day. */
export async function makeCertificate(host: string): Promise<Certificate> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("spki", keys.publicKey));
  const content = certificateContent(host, publicKey);
  const signature = new Uint8Array(
    await crypto.subtle.sign(algorithm, keys.privateKey, content),
  );
  const half = signature.length / 2;
  const signed = sequence(
    integer(signature.subarray(0, half)),
    integer(signature.subarray(half)),
  );
  const certificate = sequence(content, ecdsaWithSha256, bits(signed));
  const privateKey = new Uint8Array(await crypto.subtle.exportKey("pkcs8", keys.privateKey));
  return { cert: pem("CERTIFICATE", certificate), key: pem("PRIVATE KEY", privateKey) };
}

function certificateContent(host: string, publicKey: Bytes): Bytes {
  const now = Date.now();
  const name = sequence(
    element(0x31, sequence(identifier(0x55, 0x04, 0x03), element(0x0c, ascii(host)))),
  );
  const alternativeName = sequence(
    identifier(0x55, 0x1d, 0x11),
    element(0x04, sequence(element(0x82, ascii(host)))),
  );
  return sequence(
    element(0xa0, integer(Uint8Array.of(2))), // version 3
    integer(crypto.getRandomValues(new Uint8Array(8))),
    ecdsaWithSha256,
    name,
    sequence(time(now - 3_600_000), time(now + 86_400_000)),
    name,
    publicKey,
    element(0xa3, sequence(alternativeName)),
  );
}

function element(tag: number, ...parts: readonly Bytes[]): Bytes {
  const content = parts.flatMap((part) => [...part]);
  const { length } = content;
  const lengthBytes = length < 0x80
    ? [length]
    : length < 0x100
    ? [0x81, length]
    : [0x82, length >> 8, length & 0xff];
  return Uint8Array.from([tag, ...lengthBytes, ...content]);
}

function sequence(...parts: readonly Bytes[]): Bytes {
  return element(0x30, ...parts);
}

function identifier(...bytes: readonly number[]): Bytes {
  return element(0x06, Uint8Array.from(bytes));
}

/** Encodes a non-negative integer, given as bytes. */
function integer(bytes: Uint8Array): Bytes {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const digits = bytes.slice(start);
  return element(0x02, Uint8Array.from(digits[0]! > 0x7f ? [0, ...digits] : digits));
}

function bits(bytes: Bytes): Bytes {
  return element(0x03, Uint8Array.of(0), bytes);
}

function ascii(text: string): Bytes {
  return new TextEncoder().encode(text);
}

/** Encodes an instant as UTCTime. */
function time(at: number): Bytes {
  const digits = new Date(at).toISOString().replace(/[-:T]|\.\d+/g, "").slice(2);
  return element(0x17, ascii(digits));
}

function pem(label: string, der: Bytes): string {
  const lines = btoa(String.fromCharCode(...der)).match(/.{1,64}/g)!.join("\n");
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

const ecdsaWithSha256 = sequence(identifier(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));

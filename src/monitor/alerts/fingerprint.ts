// A short hash in place of a text that may be too long, or have characters that are not allowed.
// FNV-1a with 64 bits (https://datatracker.ietf.org/doc/html/rfc9923): the better hashes of Web
// Crypto are asynchronous.

/** 16 characters, digits and a to f: the same for the same text, hardly ever for another. */
export function fingerprint(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, "0");
}

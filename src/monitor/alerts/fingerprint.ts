// A short hash for texts that may be too long or have disallowed characters. Uses FNV-1a with 64
// bits (https://datatracker.ietf.org/doc/html/rfc9923), which is synchronous. The hashes of Web
// Crypto are better, but asynchronous.

/** Returns the hash of a text as 16 hexadecimal digits. */
export function fingerprint(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, "0");
}

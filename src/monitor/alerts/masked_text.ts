// Masks secrets in a receiver's answer: it helps to find an error, but may repeat the request's
// path or a header.

/** A run of fewer characters says nothing about a secret. */
const shortestRun = 4;

/**
 * Puts `…` in place of everything that a text has in common with a secret: runs of four characters
 * and more.
 */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  const runs = new Set<string>();
  for (const secret of secrets.flatMap(spellings)) {
    for (let at = 0; at + shortestRun <= secret.length; at++) {
      runs.add(secret.slice(at, at + shortestRun));
    }
  }
  const plain = lowerCase(text);
  let masked = "";
  let hiddenTo = 0;
  for (let at = 0; at < text.length; at++) {
    const isSecret = runs.has(plain.slice(at, at + shortestRun));
    if (isSecret && at >= hiddenTo) masked += "…";
    if (isSecret) hiddenTo = at + shortestRun;
    if (at >= hiddenTo) masked += text[at];
  }
  return masked;
}

/** The secret as passed, and as a server may decode it: percent-decoded, or as an encoded login. */
function spellings(secret: string): string[] {
  const attempts = [
    () => secret,
    () => decodeURIComponent(secret),
    () => atob(secret.replace(/^basic\s+/i, "")),
  ];
  return attempts.flatMap((attempt) => {
    try {
      return [lowerCase(attempt())];
    } catch {
      return [];
    }
  });
}

/** Of ASCII alone: other letters may become longer. */
function lowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

// Masks secrets in a receiver's response. The response helps to find an error, but may repeat the
// request's path or a header.

/**
 * The minimum length of a common substring that is masked. Shorter substrings reveal nothing about
 * a secret.
 */
const shortestRun = 4;

/** Replaces every substring of four or more characters that a text shares with a secret by `…`. */
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

/**
 * Returns the forms of a secret that a response may contain: as passed, percent-decoded, and
 * decoded from base64, as for the header `Authorization: Basic …`.
 */
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

/** Converts only ASCII letters, because other letters may change their length. */
function lowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

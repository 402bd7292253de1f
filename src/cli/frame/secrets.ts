// Hides the secrets of texts that are shown.

/**
 * Replaces the passwords in a text: of URLs, and of connection strings. A URL may be damaged, so
 * that everything before its last `@` counts.
 */
export function hideSecrets(text: string): string {
  return text
    .replaceAll(/(\b[a-z][a-z0-9+.-]*:\/\/)([^\s/?#]*)@/gi, (_, scheme: string, user: string) => {
      const name = user.split(":", 1)[0]!;
      return user.includes(":") ? `${scheme}${name}:***@` : `${scheme}${name}@`;
    })
    .replaceAll(/\b(password|pwd|token|secret)(\s*=\s*)("[^"]*"|'[^']*'|[^\s;&]+)/gi, "$1$2***");
}

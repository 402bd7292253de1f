// Hides the secrets in texts that are shown.

/**
 * Replaces the passwords of URLs and of connection strings in a text. The password of a URL may
 * contain an unescaped `@`, `/`, `?` or `#`, so the last `@` before a space ends the password. If
 * the path contains an `@`, a part of the path is hidden, too.
 */
export function hideSecrets(text: string): string {
  return text
    .replaceAll(/(\b[a-z][a-z0-9+.-]*:\/\/)(\S*)@/gi, (_, scheme: string, user: string) => {
      const name = user.split(":", 1)[0]!;
      return user.includes(":") ? `${scheme}${name}:***@` : `${scheme}${user}@`;
    })
    .replaceAll(/\b(password|pwd|token|secret)(\s*=\s*)("[^"]*"|'[^']*'|[^\s;&]+)/gi, "$1$2***");
}

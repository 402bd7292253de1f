// The text of an error: its message, and its stack on demand.

import { Text } from "./text.tsx";

/** Shows an error. */
export function ErrorText({ text }: { readonly text: string }) {
  const end = text.indexOf("\n");
  if (end < 0) {
    return (
      <p class="error mono">
        <Text>{text}</Text>
      </p>
    );
  }
  return (
    <details class="error">
      <summary class="mono">
        <Text>{text.slice(0, end)}</Text>
      </summary>
      <pre><Text>{text.slice(end + 1)}</Text></pre>
    </details>
  );
}

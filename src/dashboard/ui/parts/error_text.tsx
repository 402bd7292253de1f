// The text of an error: its message, and its stack on demand.

/** Shows an error. */
export function ErrorText({ text }: { readonly text: string }) {
  const end = text.indexOf("\n");
  if (end < 0) return <p class="error mono">{text}</p>;
  return (
    <details class="error">
      <summary class="mono">{text.slice(0, end)}</summary>
      <pre>{text.slice(end + 1)}</pre>
    </details>
  );
}

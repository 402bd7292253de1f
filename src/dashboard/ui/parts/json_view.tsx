// A payload, indented and coloured.

import { jsonTokens } from "../json_tokens.ts";
import { Text } from "./text.tsx";

/** Shows a JSON text. */
export function JsonView({ text }: { readonly text: string }) {
  return (
    <pre class="json" tabIndex={0}>
      {jsonTokens(text).map(({ kind, text }, index) =>
        kind === "space" ? text : <span class={kind} key={index}><Text>{text}</Text></span>
      )}
    </pre>
  );
}

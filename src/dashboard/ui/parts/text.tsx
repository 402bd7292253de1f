// Shows texts of users. They are never changed: a character without a shape is still there to copy,
// below its code, in a box of its own, so that a mark of direction turns no other text around.

import { textParts } from "../text_parts.ts";

/** Shows a text, such as a message. */
export function Text({ children }: { readonly children: string }) {
  return <>{shown(children, "text")}</>;
}

/** Shows a name, such as that of a queue, whose direction does not change the text around it. */
export function Name({ children }: { readonly children: string }) {
  return <bdi>{shown(children, "name")}</bdi>;
}

function shown(text: string, kind: "text" | "name") {
  return textParts(text, kind).map(({ text, code }, index) =>
    code === null ? text : <span class="shapeless" data-code={code} key={index}>{text}</span>
  );
}

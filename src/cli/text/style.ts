// Colours, on terminals only.

import { styleText } from "node:util";

/** The style of a text. */
export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

/** Returns a text in a style. */
export function styled(text: string, style: Style | undefined, hasColours: boolean): string {
  if (style === undefined || !hasColours || text === "") return text;
  return styleText(style, text, { validateStream: false });
}

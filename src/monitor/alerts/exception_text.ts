// Parses the text of an exception, for receivers that take type, message and stack separately.
// describeError writes such texts: stacks in V8's format, causes after "Caused by:". They may be
// long and contain anything, so each is read once, line by line.

/** One error of a chain. */
export interface ExceptionPart {
  readonly type: string;
  readonly message: string;
  /** The lines below the message; empty when there is no stack. */
  readonly stack: string;
}

/** One line of a stack. */
export interface StackFrame {
  readonly function: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** What begins the next error of a chain. */
const label = /^(?:Caused by|Error \d+ of \d+): /;

/** The errors of a text: the one that was thrown first, then those that it wraps. At least one. */
export function parseException(text: string): ExceptionPart[] {
  const parts: string[][] = [[]];
  for (const line of text.split("\n")) {
    const found = label.exec(line);
    if (found === null) parts.at(-1)!.push(line);
    else parts.push([line.slice(found[0].length)]);
  }
  return parts.map(parsePart);
}

function parsePart(lines: readonly string[]): ExceptionPart {
  const stackAt = lines.findIndex((line, at) => at > 0 && isFrame(line));
  const headLines = stackAt < 0 ? lines : lines.slice(0, stackAt);
  const head = headLines.join("\n");
  const stack = stackAt < 0 ? "" : lines.slice(stackAt).join("\n");
  if (/^\w*Error$/.test(head)) return { type: head, message: "", stack };
  const [, type = "Error", message = head] = /^([A-Za-z_$][\w$.]*): ([^]*)$/.exec(head) ?? [];
  return { type, message, stack };
}

/** The frames of a stack, innermost first; lines that are none are left out. */
export function parseStack(stack: string): StackFrame[] {
  return stack.split("\n").flatMap((line) => parseFrame(line) ?? []);
}

function isFrame(line: string): boolean {
  return line.startsWith(" ") && line.trimStart().startsWith("at ");
}

/** Reads `    at name (file:line:column)` or `    at file:line:column`. */
function parseFrame(text: string): StackFrame | null {
  if (!text.trimStart().startsWith("at ")) return null;
  const frame = text.trim().slice("at ".length);
  const placeAt = frame.endsWith(")") ? frame.indexOf(" (") : -1;
  const name = placeAt < 0 ? "<anonymous>" : frame.slice(0, placeAt);
  const place = placeAt < 0 ? frame : frame.slice(placeAt + " (".length, -1);
  const columnAt = place.lastIndexOf(":");
  const lineAt = place.lastIndexOf(":", columnAt - 1);
  const [line, column] = [place.slice(lineAt + 1, columnAt), place.slice(columnAt + 1)];
  if (lineAt < 1 || ![line, column].every((number) => /^\d{1,9}$/.test(number))) return null;
  return {
    function: name,
    file: place.slice(0, lineAt).replace(/^async /, ""),
    line: Number(line),
    column: Number(column),
  };
}

// Parses the text of an exception, for receivers that take type, message and stack separately.
// describeError writes these texts, with stacks in V8's format and causes after "Caused by:". They
// may be long and have any content, so the parser reads each line once.

/** One error of a chain of causes. */
export interface ExceptionPart {
  readonly type: string;
  readonly message: string;
  /** The lines below the message; empty without a stack. */
  readonly stack: string;
}

/** One line of a stack. */
export interface StackFrame {
  readonly function: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The beginning of the next error of a chain. */
const label = /^(?:Caused by|Error \d+ of \d+): /;

/**
 * Returns the errors of a text, at least one: the thrown error, followed by those that it wraps.
 */
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

/** Returns the frames of a stack, innermost first. Ignores other lines. */
export function parseStack(stack: string): StackFrame[] {
  return stack.split("\n").flatMap((line) => parseFrame(line) ?? []);
}

function isFrame(line: string): boolean {
  return line.startsWith(" ") && line.trimStart().startsWith("at ");
}

/** Parses `    at name (file:line:column)` or `    at file:line:column`. */
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

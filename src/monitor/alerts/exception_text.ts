// Takes the text of an exception apart, for receivers that want type, message and stack by themselves. Such texts are what
// describeError writes: stacks as V8 makes them, causes behind "Caused by:".

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

/** The errors of a text: the one that was thrown first, then its causes. At least one. */
export function parseException(text: string): ExceptionPart[] {
  return text.split("\nCaused by: ").map((part) => {
    const stackAt = part.search(/\n\s+at /);
    const head = stackAt < 0 ? part : part.slice(0, stackAt);
    const stack = stackAt < 0 ? "" : part.slice(stackAt + 1);
    const [, type = "Error", message = head] = /^([A-Za-z_$][\w$.]*): ([^]*)$/.exec(head) ?? [];
    return { type, message, stack };
  });
}

/** The frames of a stack, innermost first; lines that are none are left out. */
export function parseStack(stack: string): StackFrame[] {
  return stack.split("\n").flatMap((text) => {
    const match = /^\s*at (?:(.+?) \()?(?:async )?(.+?):(\d+):(\d+)\)?$/.exec(text);
    if (!match) return [];
    const [, name = "<anonymous>", file = "", line, column] = match;
    return [{ function: name, file, line: Number(line), column: Number(column) }];
  });
}

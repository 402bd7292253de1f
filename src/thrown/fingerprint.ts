// Groups failures of the same kind by the text of their error.

/** The common part of errors of the same kind. */
export interface Fingerprint {
  /** The hash of the type and the summary, in 16 hexadecimal digits. */
  readonly group: string;
  /**
   * The message, without its numbers, ids, quoted texts and paths, followed by the innermost frames
   * of the program.
   */
  readonly summary: string;
}

/** The maximum length of the part of an exception that is read, in UTF-16 code units. */
const longestRead = 4_000;
const longestMessage = 400;
const mostFrames = 3;

const replacements: readonly (readonly [part: RegExp, name: string])[] = [
  [/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi, "<id>"],
  [/\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s"'`<>]+/gi, "<url>"],
  [/"[^"\n]*"|`[^`\n]*`|(?<!\w)'[^'\n]*'(?!\w)/g, "<text>"],
  [/(?<![\w<])(?:[a-z]:)?(?:[\\/][\w.@~+-]+){2,}/gi, "<path>"],
  [/\b(?=[a-f]*\d)[0-9a-f]{8,}\b/gi, "<id>"],
  [/\d+(?:[.,:]\d+)*/g, "<n>"],
];

/**
 * Returns the fingerprint of an error.
 *
 * @param type The type of the task that failed.
 * @param exception The stored text of the error.
 */
export function fingerprintOf(type: string, exception: string): Fingerprint {
  const lines = exception.slice(0, longestRead).split("\n");
  const firstFrame = lines.findIndex(isFrame);
  const message = lines.slice(0, firstFrame < 0 ? lines.length : firstFrame).join("\n");
  let summary = message.slice(0, longestMessage);
  for (const [part, name] of replacements) summary = summary.replaceAll(part, name);
  const frames = firstFrame < 0
    ? []
    : lines.slice(firstFrame).filter(isOwnFrame).slice(0, mostFrames);
  for (const frame of frames) summary += `\n    at ${placeOf(frame)}`;
  return { group: digest(`${type}\n${summary}`), summary };
}

function isFrame(line: string): boolean {
  return /^\s+at /.test(line);
}

/**
 * Reports whether a line is a frame of the program. Frames of the runtime (of its timers and
 * promises) differ between failures of the same kind.
 */
function isOwnFrame(line: string): boolean {
  return isFrame(line) && !/(?:\(|at )(?:ext|node):/.test(line);
}

/** Returns a frame's function, or its file without line and column if the function has no name. */
function placeOf(frame: string): string {
  const place = frame.trim().slice("at ".length);
  const named = /^([^(]+) \(/.exec(place)?.[1];
  const file = place.replace(/:\d+(?::\d+)?\)?$/, "").replace(/^.*[\\/]/, "");
  return named ?? file;
}

/**
 * Returns two FNV-1a hashes with different initial values. They are synchronous, unlike the hashes
 * of Web Crypto, and need not be secure.
 */
function digest(text: string): string {
  return fnv1a(text, 0x811c9dc5) + fnv1a(text, 0x01000193);
}

function fnv1a(text: string, start: number): string {
  let hash = start;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}

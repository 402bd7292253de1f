// Why the server has refused a change, in words.

import type { ComponentChildren } from "preact";
import { ProblemError } from "../client.ts";
import { Text } from "../parts/text.tsx";
import { actionTexts, texts } from "../texts.ts";
import { pointerText } from "./pointer_text.ts";

const titles: Readonly<Record<number, string>> = {
  400: actionTexts.invalid,
  403: actionTexts.notAllowed,
  404: actionTexts.gone,
  409: actionTexts.notApplicable,
  412: actionTexts.changedMeanwhile,
};

/** An input that the browser itself finds invalid, before anything is sent. */
export class InvalidField extends Error {
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/** Reports whether somebody has changed the task since the user has seen it. */
export function isConflict(error: unknown): boolean {
  return error instanceof ProblemError && error.status === 412;
}

/** Returns the problems of a field of the form. */
export function problemsOf(error: unknown, field: string): readonly string[] {
  if (error instanceof InvalidField) return error.field === field ? [error.message] : [];
  if (!(error instanceof ProblemError)) return [];
  return error.errors.filter(({ name }) => name === field)
    .map(({ detail, pointer }) =>
      pointer === undefined ? detail : `${pointerText(pointer)}: ${detail}`
    );
}

/** Shows why a change failed. Problems of the shown fields stand beside the fields. */
export function ChangeProblem(
  { error, fields, onReload }: {
    readonly error: unknown;
    readonly fields: readonly string[];
    /** Loads the newest version after a conflict. */
    readonly onReload: (() => void) | undefined;
  },
) {
  if (error === null || error instanceof InvalidField) return null;
  if (!(error instanceof ProblemError)) {
    return <Notice title={texts.unreachable}>{actionTexts.unknownOutcome}</Notice>;
  }
  const others = error.errors.filter(({ name }) => !fields.includes(name));
  const isAtField = error.errors.length > 0 && others.length === 0;
  if (isAtField) return null;
  return (
    <Notice title={titles[error.status] ?? error.title}>
      <Text>{isConflict(error) ? actionTexts.changedMeanwhileHelp : error.message}</Text>
      {others.map(({ name, detail }) => <Text key={name}>{` ${name}: ${detail}`}</Text>)}
      {isConflict(error) && onReload !== undefined && (
        <button type="button" onClick={onReload}>{actionTexts.lookAgain}</button>
      )}
    </Notice>
  );
}

function Notice(
  { title, children }: {
    readonly title: string;
    readonly children: ComponentChildren;
  },
) {
  return (
    <div class="notice bad" role="alert">
      <strong>{title}</strong> {children}
    </div>
  );
}

// The fields of forms: a label, an input, a hint, and the reasons why the value is invalid.

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { integer } from "../format.ts";
import { texts } from "../texts.ts";
import { Text } from "./text.tsx";

/** The attributes that connect an input with its label, its hint and its problems. */
export interface FieldAttributes {
  readonly id: string;
  readonly name: string;
  readonly "aria-describedby": string;
  readonly "aria-invalid": boolean;
}

/** The maximum number of problems that a field shows. */
const mostProblems = 8;

/** Shows a labelled input. */
export function Field(
  { name, title, hint = "", problems = [], children }: {
    readonly name: string;
    readonly title: string;
    readonly hint?: string;
    readonly problems?: readonly string[];
    readonly children: (attributes: FieldAttributes) => ComponentChildren;
  },
) {
  const id = useId();
  const noteId = `${id}-note`;
  const isInvalid = problems.length > 0;
  return (
    <div class="field">
      <label for={id}>{title}</label>
      {children({ id, name, "aria-describedby": noteId, "aria-invalid": isInvalid })}
      <div id={noteId} class="field-note">
        {problems.slice(0, mostProblems).map((problem) => (
          <p class="bad" key={problem}>
            <Text>{problem}</Text>
          </p>
        ))}
        {problems.length > mostProblems && (
          <p class="bad">{texts.more(integer(problems.length - mostProblems))}</p>
        )}
        {!isInvalid && hint !== "" && <p class="faint">{hint}</p>}
      </div>
    </div>
  );
}

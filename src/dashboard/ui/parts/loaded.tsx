// The states of a page's data: loading, empty, failed.

import type { ComponentChildren } from "preact";
import { ProblemError } from "../client.ts";
import type { Resource } from "../resource.ts";
import { texts } from "../texts.ts";
import { Text } from "./text.tsx";

/** Shows data once it is loaded. Shows a warning above it if reloading has failed. */
export function Loaded<T>(
  { from, children }: {
    readonly from: Resource<T>;
    readonly children: (data: T) => ComponentChildren;
  },
) {
  return (
    <>
      {from.error !== null && <Problem error={from.error} />}
      {from.data === null
        ? from.error === null && <p class="faint pad" role="status">{texts.loading}</p>
        : children(from.data)}
    </>
  );
}

/** Shows why something failed. */
export function Problem({ error }: { readonly error: unknown }) {
  const isAnswer = error instanceof ProblemError;
  return (
    <div class="notice bad" role="alert">
      <strong>{isAnswer ? error.title : texts.unreachable}</strong>{" "}
      <Text>{isAnswer ? error.message : texts.retrying}</Text>
    </div>
  );
}

/** Shows that there is no data, with a hint about the next step. */
export function Empty({ title, help }: { readonly title: string; readonly help?: string }) {
  return (
    <div class="empty">
      <p>{title}</p>
      {help !== undefined && (
        <p class="faint">
          <Text>{help}</Text>
        </p>
      )}
    </div>
  );
}

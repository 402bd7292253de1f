// The fields that an action has changed, before and after.

import { actionPageTexts, texts } from "../texts.ts";
import { JsonView } from "./json_view.tsx";
import { Name, Text } from "./text.tsx";

/** A field, with its values before and after an action; undefined if the action records none. */
interface ChangedField {
  readonly name: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** The greatest number of fields, and of characters of a value, that are shown without a click. */
const mostFields = 3;
const longestValue = 60;

/** Shows the fields of an action: short ones in a line each, others on demand. */
export function ChangedValues(
  { before, after }: { readonly before: string | null; readonly after: string | null },
) {
  const fields = changedFields(before, after);
  if (fields === null) {
    return (
      <details>
        <summary class="faint">{actionPageTexts.values}</summary>
        {[before, after].map((json, index) =>
          json !== null && <JsonView text={json} key={index} />
        )}
      </details>
    );
  }
  if (fields.length === 0) return null;
  const list = (
    <dl class="changed">
      {fields.map(({ name, before, after }) => (
        <div key={name}>
          <dt>
            <Name>{name}</Name>
          </dt>
          <dd>
            {before !== undefined && (
              <span class="mono before">
                <Text>{before}</Text>
              </span>
            )}
            {before !== undefined && after !== undefined && " → "}
            {after !== undefined && (
              <span class="mono">
                <Text>{after}</Text>
              </span>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
  const isShort = fields.length <= mostFields &&
    fields.every(({ before = "", after = "" }) =>
      before.length <= longestValue && after.length <= longestValue
    );
  if (isShort) return list;
  return (
    <details>
      <summary class="faint">{actionPageTexts.values}</summary>
      {list}
    </details>
  );
}

/** Returns the fields of two JSON objects; null if a text is not JSON. */
function changedFields(before: string | null, after: string | null): ChangedField[] | null {
  try {
    const [from, to] = [before, after].map((json) => Object(JSON.parse(json ?? "{}")));
    const names = new Set([...Object.keys(from), ...Object.keys(to)]);
    return Array.from(names, (name) => ({
      name,
      before: wordOf(from, name),
      after: wordOf(to, name),
    }));
  } catch {
    return null;
  }
}

function wordOf(fields: Readonly<Record<string, unknown>>, name: string): string | undefined {
  if (!Object.hasOwn(fields, name)) return undefined;
  const value = fields[name];
  if (value === null) return texts.none;
  return typeof value === "string" ? value : JSON.stringify(value);
}

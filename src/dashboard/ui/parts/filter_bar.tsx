// The filters of a search, as chips. Each is a parameter of the page's URL.

import { useSignal } from "@preact/signals";
import { toInstant } from "../actions/local_input.ts";
import { changedUrl, go, parameters } from "../router.ts";
import { texts } from "../texts.ts";
import { Instant } from "./instant.tsx";
import { Name } from "./text.tsx";

/** A filter that the bar can add. */
export interface FilterChoice {
  /** The name of the parameter. */
  readonly name: string;
  readonly title: string;
  /** The values to choose from; a filter without them takes any text. */
  readonly values?: readonly string[];
  /** Whether the value is an instant. */
  readonly isInstant?: boolean;
}

/** The parameters that choose a part of the result, and not the result. */
const pagingNames = ["order", "after"];

/**
 * Returns the filters of the URL, with those that the page does not know: the server refuses them,
 * because a result without a filter of the URL would not be what the URL asks for.
 */
export function filterParameters(): URLSearchParams {
  return new URLSearchParams(
    [...parameters.value].filter(([name]) => !pagingNames.includes(name)),
  );
}

/** Shows the filters that are set, and lets the user add filters. */
export function FilterBar({ choices }: { readonly choices: readonly FilterChoice[] }) {
  return (
    <div class="filters" role="group" aria-label={texts.filters}>
      {Array.from(filterParameters(), ([name, value]) => {
        const { title = name, isInstant = false } = choices.find((choice) =>
          choice.name === name
        ) ?? {};
        return (
          <a class="chip" key={name + value} href={without(name, value)}>
            <span class="faint">{title}</span>{" "}
            <strong>
              {isInstant && !Number.isNaN(Date.parse(value))
                ? <Instant at={value} as="time" />
                : <Name>{value}</Name>}
            </strong>
            <span class="cross" aria-hidden="true">×</span>
            <span class="hidden">{texts.removeFilter(title, value)}</span>
          </a>
        );
      })}
      <AddFilter choices={choices} />
    </div>
  );
}

function AddFilter({ choices }: { readonly choices: readonly FilterChoice[] }) {
  const chosen = useSignal(choices[0]!);
  const { name, values = [], isInstant = false } = chosen.value;
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    const field = (event.currentTarget as HTMLFormElement).elements.namedItem("value");
    const text = (field as HTMLInputElement).value.trim();
    if (text === "") return;
    (field as HTMLInputElement).value = "";
    const all = new Set([...parameters.value.getAll(name), isInstant ? toInstant(text) : text]);
    go(changedUrl({ [name]: [...all], after: null }));
  };
  return (
    <form class="add-filter" onSubmit={onSubmit}>
      <select
        name="name"
        aria-label={texts.filters}
        onChange={(event: Event) => {
          const { value } = event.currentTarget as HTMLSelectElement;
          chosen.value = choices.find(({ name }) => name === value)!;
        }}
      >
        {choices.map(({ name, title }) => <option value={name} key={name}>{title}</option>)}
      </select>
      <input
        name="value"
        type={isInstant ? "datetime-local" : "text"}
        step={isInstant ? 1 : undefined}
        aria-label={texts.search}
        list={values.length > 0 ? "filter-values" : undefined}
        autocomplete="off"
      />
      <datalist id="filter-values">
        {values.map((value) => <option value={value} key={value} />)}
      </datalist>
      <button type="submit">{texts.addFilter}</button>
    </form>
  );
}

function without(name: string, value: string): string {
  const values = parameters.value.getAll(name).filter((each) => each !== value);
  return changedUrl({ [name]: values, after: null });
}

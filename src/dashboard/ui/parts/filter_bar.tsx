// The filters of a search, as chips. Each is a parameter of the page's URL.

import { changedUrl, go, parameters } from "../router.ts";
import { texts } from "../texts.ts";

/** A filter that the bar can add. */
export interface FilterChoice {
  /** The name of the parameter. */
  readonly name: string;
  readonly title: string;
  /** The values to choose from; a filter without them takes any text. */
  readonly values?: readonly string[];
}

/** Shows the filters that are set, and adds others. */
export function FilterBar({ choices }: { readonly choices: readonly FilterChoice[] }) {
  const chosen = choices.flatMap(({ name, title }) =>
    parameters.value.getAll(name).map((value) => ({ name, title, value }))
  );
  return (
    <div class="filters" role="group" aria-label={texts.filters}>
      {chosen.map(({ name, title, value }) => (
        <a class="chip" key={name + value} href={without(name, value)}>
          <span class="faint">{title}</span> <strong>{value}</strong>
          <span class="cross" aria-hidden="true">×</span>
          <span class="hidden">{texts.removeFilter(title, value)}</span>
        </a>
      ))}
      <AddFilter choices={choices} />
    </div>
  );
}

function AddFilter({ choices }: { readonly choices: readonly FilterChoice[] }) {
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const data = new FormData(form);
    const name = String(data.get("name"));
    const value = String(data.get("value")).trim();
    if (value === "") return;
    form.reset();
    const values = new Set([...parameters.value.getAll(name), value]);
    go(changedUrl({ [name]: [...values], after: null }));
  };
  const known = choices.flatMap(({ values = [] }) => values);
  return (
    <form class="add-filter" onSubmit={onSubmit}>
      <select name="name" aria-label={texts.filters}>
        {choices.map(({ name, title }) => <option value={name} key={name}>{title}</option>)}
      </select>
      <input name="value" aria-label={texts.search} list="filter-values" autocomplete="off" />
      <datalist id="filter-values">
        {known.map((value) => <option value={value} key={value} />)}
      </datalist>
      <button type="submit">{texts.addFilter}</button>
    </form>
  );
}

function without(name: string, value: string): string {
  const values = parameters.value.getAll(name).filter((each) => each !== value);
  return changedUrl({ [name]: values, after: null });
}

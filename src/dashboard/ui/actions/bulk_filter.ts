// The filter of a bulk change, made of the parameters of a search.

/** The members of the filter that are lists. */
const lists = ["id", "status", "type", "queue", "tag"];

/** Returns the filter. */
export function toBulkFilter(parameters: URLSearchParams): Readonly<Record<string, unknown>> {
  const names = new Set(parameters.keys());
  return Object.fromEntries(Array.from(names, (name) => [name, valueOf(parameters, name)]));
}

function valueOf(parameters: URLSearchParams, name: string): unknown {
  if (lists.includes(name)) return parameters.getAll(name);
  const value = parameters.get(name);
  return name === "recurring" ? value === "true" : value;
}

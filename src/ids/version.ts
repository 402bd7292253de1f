// The version of the package, the same as in deno.json.

/** The version of the package. */
export const version = "0.2.0";

/** The version of the package; the same as in deno.json. */
export const version = "0.2.0";

// The version of the package, which telemetry names; the same as in deno.json.

/** As in `0.2.0`. */
export const version = "0.2.0";

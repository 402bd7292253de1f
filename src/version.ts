// The version of the package, which telemetry names; the same as in deno.json.

/** As in `0.1.0`. */
export const version = "0.1.0";

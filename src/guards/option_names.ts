// The type of lists of option names, for checks at run time.

/** The names of all properties of a type; for a union, the names in each of its types. */
type NameOf<Options> = Options extends unknown ? keyof Options & string : never;

/**
 * A record that has each option name of a type as a key. The compiler reports missing and wrong
 * names.
 */
export type OptionNames<Options> = Readonly<Record<NameOf<Options>, true>>;

// The names of options for checks at run time.

/** The names of all members of a type; of a union, those of each of its types. */
type NameOf<Options> = Options extends unknown ? keyof Options & string : never;

/**
 * All names of the options of a type, each once: the compiler finds a name that was forgotten, as
 * well as one that is wrong.
 */
export type OptionNames<Options> = Readonly<Record<NameOf<Options>, true>>;

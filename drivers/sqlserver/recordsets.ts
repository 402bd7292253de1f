// The types of the server's results.

/** A row of a recordset, by column name. */
export type Row = Readonly<Record<string, unknown>>;

/** The recordsets of a call or a query, in order. */
export type Recordsets = readonly (readonly Row[])[];

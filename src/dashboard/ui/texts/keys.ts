// The English texts of the list of keys.

/** The texts of the list of keys. */
export const keyTexts = {
  title: "Keys",
  keys: [
    ["/", "Search"],
    ["j", "Next row"],
    ["k", "Previous row"],
    ["Enter", "Open the row"],
    ["x", "Select the row"],
    ["u", "Times in UTC, or relative to now"],
    ["?", "These keys"],
  ],
} as const;

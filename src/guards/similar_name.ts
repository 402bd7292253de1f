// Finds the name that is most similar to a misspelt name.

/**
 * Returns the candidate that is most similar to a name.
 *
 * @returns null if no candidate is similar: more than half of the letters of each would have to
 * change.
 */
export function similarName(name: string, candidates: Iterable<string>): string | null {
  let similar: string | null = null;
  let fewest = Infinity;
  for (const candidate of candidates) {
    const changes = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (changes >= fewest || changes > Math.max(name.length, candidate.length) / 2) continue;
    similar = candidate;
    fewest = changes;
  }
  return similar;
}

/**
 * Returns the number of letters to insert, delete or replace to change one string to the other.
 * Source: Wagner and Fischer, "The String-to-String Correction Problem", 1974.
 */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}

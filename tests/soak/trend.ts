// Decides whether a figure has a trend, by two tests that a few outliers do not affect: the median
// slope of all pairs of samples (Theil-Sen), and whether later samples are larger or smaller more
// often than chance explains (Mann-Kendall).

/** A figure over time. */
export interface Trend {
  /** The median of the samples. */
  readonly typical: number;
  /** The change over the whole time, as a share of the median. */
  readonly change: number;
  /** How many standard deviations the order of the samples is from chance. */
  readonly deviations: number;
  /** Whether the figure rises or falls by more than chance and by a noticeable amount. */
  readonly isTrend: boolean;
}

/** The change over the whole time that is noticeable, as a share of the median. */
const noticeable = 0.1;

/** The deviations that an order by chance exceeds less than once in 10,000 times. */
const mostDeviations = 4;

/** Examines samples that were taken at equal intervals. */
export function trendOf(samples: readonly number[]): Trend {
  const slopes: number[] = [];
  let score = 0;
  for (let later = 1; later < samples.length; later++) {
    for (let earlier = 0; earlier < later; earlier++) {
      const difference = samples[later]! - samples[earlier]!;
      slopes.push(difference / (later - earlier));
      score += Math.sign(difference);
    }
  }
  const count = samples.length;
  const deviation = Math.sqrt(count * (count - 1) * (2 * count + 5) / 18);
  const typical = medianOf(samples);
  const total = medianOf(slopes) * (count - 1);
  const change = total === 0 ? 0 : total / Math.abs(typical);
  const deviations = deviation === 0 ? 0 : score / deviation;
  const isTrend = Math.abs(change) > noticeable && Math.abs(deviations) > mostDeviations;
  return { typical, change, deviations, isTrend };
}

/** Returns the median; 0 if there are no values. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle]!;
  return sorted.length === 0 ? 0 : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

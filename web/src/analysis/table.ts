// Figures as rows of words: for the tables under the charts, and for CSV files.
import { seconds } from "../ui/time";
import type { Figures } from "./documents";

export type Cell = string | number | null;
export interface Column {
  title: string;
  of: (figures: Figures) => Cell;
  /** How a person reads it, where that is not as it is. */
  shown?: (figures: Figures) => string;
}

export function keyOf(figures: Figures): string {
  return figures.key.map(({ value }) => value ?? "none").join(", ");
}

const percent = (rate: number | null) => (rate === null ? "–" : `${(rate * 100).toFixed(1)} %`);
const decimal = (value: number | null) => (value === null ? "–" : value.toFixed(2));
const rating = (n: number): Column => ({ title: `${n} of 5`, of: (f) => f.ratingCounts[n - 1] ?? 0 });

const time = (title: string, of: (f: Figures) => number | null): Column => ({
  title,
  of,
  shown: (f) => seconds(of(f)),
});

export const COLUMNS = {
  tasks: { title: "Tasks", of: (f) => f.tasks },
  pending: { title: "Pending", of: (f) => f.pending },
  approved: { title: "Approved", of: (f) => f.approved },
  rejected: { title: "Rejected", of: (f) => f.rejected },
  expired: { title: "Expired", of: (f) => f.expired },
  cancelled: { title: "Cancelled", of: (f) => f.cancelled },
  escalated: { title: "Escalated", of: (f) => f.escalated },
  approvalRate: { title: "Approval rate", of: (f) => f.approvalRate, shown: (f) => percent(f.approvalRate) },
  ratings: { title: "Ratings", of: (f) => f.ratings },
  meanRating: { title: "Mean rating", of: (f) => f.meanRating, shown: (f) => decimal(f.meanRating) },
  p50: time("Half answered within", (f) => f.answerSecondsP50),
  p90: time("90 % within", (f) => f.answerSecondsP90),
  p99: time("99 % within", (f) => f.answerSecondsP99),
} as const satisfies Record<string, Column>;

const c = COLUMNS;
export const RATINGS: readonly Column[] = [
  rating(1),
  rating(2),
  rating(3),
  rating(4),
  rating(5),
  c.ratings,
  c.meanRating,
];
export const MEANS: readonly Column[] = [c.ratings, c.meanRating];
export const DECISIONS: readonly Column[] = [
  c.tasks,
  c.approved,
  c.rejected,
  c.approvalRate,
  c.expired,
  c.escalated,
  c.cancelled,
  c.pending,
];
export const TIMES: readonly Column[] = [c.p50, c.p90, c.p99];
export const EVERYTHING: readonly Column[] = [...DECISIONS, ...RATINGS, ...TIMES];

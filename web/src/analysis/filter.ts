// Which feedback the figures are of.
import type { VariablesOf } from "../api/graphql";
import type { Analysis } from "./documents";

export interface Chosen {
  workflow: string;
  reviewer: string;
  label: string;
  days: number | null;
}

export const ALL: Chosen = { workflow: "", reviewer: "", label: "", days: 30 };
export const SPANS = [
  [1, "Last day"],
  [7, "Last week"],
  [30, "Last 30 days"],
  [90, "Last 90 days"],
  [null, "All time"],
] as const;

type FeedbackFilter = VariablesOf<typeof Analysis>["filter"];

const DAY_MS = 86_400_000;
const LOW = 2;

/** What is left empty does not matter. A label is written name=value; without a value it is not asked for yet. */
export function filterOf({ workflow, reviewer, label, days }: Chosen, now: number): FeedbackFilter {
  const [name = "", ...value] = label.split("=");
  return {
    workflow: workflow || null,
    reviewer: reviewer || null,
    label: name.trim() && value.length ? { name: name.trim(), value: value.join("=").trim() } : null,
    after: days === null ? null : new Date(now - days * DAY_MS).toISOString(),
  };
}

export function variablesOf(chosen: Chosen, now: number): VariablesOf<typeof Analysis> {
  const filter = filterOf(chosen, now);
  return { filter, low: { ...filter, ratingAtMost: LOW } };
}

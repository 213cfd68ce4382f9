// What a reviewer has typed for a task. It outlives the page it was typed on: another task, a reload, an expired session.
import type { Json } from "../api/graphql";

export type Decision = "APPROVE" | "REJECT";

export interface Draft {
  decision: Decision | null;
  comment: string;
  rating: number | null;
  /** By name, as typed. */
  scores: Readonly<Record<string, string>>;
  input: Json | undefined;
}

export const BLANK: Draft = { decision: null, comment: "", rating: null, scores: {}, input: undefined };

const PREFIX = "signoff.draft.";

/** `whose` keeps apart the drafts of two people who use the same tab. */
const nameOf = (whose: string, task: string) => `${PREFIX}${whose}.${task}`;

export function readDraft(whose: string, task: string): Draft | null {
  const kept = sessionStorage.getItem(nameOf(whose, task));
  return kept ? { ...BLANK, ...(JSON.parse(kept) as Partial<Draft>) } : null;
}

export function keepDraft(whose: string, task: string, draft: Draft): void {
  sessionStorage.setItem(nameOf(whose, task), JSON.stringify(draft));
}

export function dropDraft(whose: string, task: string): void {
  sessionStorage.removeItem(nameOf(whose, task));
}

/** What is wrong with it before it is sent: only what the service would not ask for itself. */
export function missing({
  decision,
  comment,
}: Pick<Draft, "decision" | "comment">): { path: string; message: string } | null {
  if (decision === "REJECT" && !comment.trim())
    return { path: "/comment", message: "Say why: whoever asked needs to know what to change" };
  return null;
}

/** Whether there is anything in it that somebody typed; `begun` is what it was before. */
export function touched({ comment, rating, scores, input }: Draft, begun: Draft): boolean {
  const scored = Object.values(scores).some((score) => score.trim() !== "");
  return comment.trim() !== "" || rating !== null || scored || !same(input, begun.input);
}

const same = (a: Json | undefined, b: Json | undefined) => JSON.stringify(a) === JSON.stringify(b);

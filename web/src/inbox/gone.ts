// Why a task is no longer the reader's, in a sentence.
import type { TaskLine } from "../api/documents";
import { listed, nameOf, worded } from "../ui/names";

/** Who brought the outcome about and what it is; `me` is spoken to. */
export function ended(resolution: NonNullable<TaskLine["resolution"]>, me: string): string {
  const who = listed(resolution.actors.map((actor) => (actor === me ? "you" : actor)));
  switch (resolution.by) {
    case "REVIEWER":
      return `${worded(resolution.outcome)} by ${who}`;
    case "WORKFLOW":
      return `Cancelled by the workflow${resolution.comment ? `: ${resolution.comment}` : ""}`;
    case "TIMEOUT":
      return resolution.outcome === "APPROVED"
        ? "Its time ran out: it went on as if approved"
        : "Its time ran out: the workflow stopped with an error";
  }
}

export function whyGone(task: TaskLine, reason: string, me: string): string {
  if (task.resolution) return ended(task.resolution, me);
  if (task.answers.some((answer) => answer.reviewer === me))
    return "Answered by you; it waits for others now";
  const now = listed([...new Set(task.assignments.map((a) => nameOf(a.assignee)))]);
  switch (reason) {
    case "ESCALATED":
      return `Escalated: ${now} has it now`;
    case "DELEGATED":
    case "REASSIGNED":
      return `Handed over to ${now}`;
    case "CLAIMED_BY_ANOTHER":
      return `Taken by ${task.assignments.find((a) => a.claimedBy)?.claimedBy ?? "another"}`;
    default:
      return "No longer assigned to you";
  }
}

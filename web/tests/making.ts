// Makes what a test needs; each takes only what the test is about.
import type { TaskLine } from "../src/api/documents";
import type { InboxMessage } from "../src/inbox/documents";
import type { Reviewer } from "../src/inbox/inbox";

export const ME: Reviewer = { id: "anna", groups: ["finance"] };

export function assignment(assignee: { reviewer?: string; group?: string }, claimedBy: string | null = null) {
  return {
    assignee: { reviewer: null, group: null, ...assignee },
    onBehalfOf: null,
    reason: "OPENED" as const,
    assignedAt: "2026-01-31T12:00:00+00:00",
    claimedBy,
    claimExpiresAt: null,
  };
}

export function aTask(id: string, given: Partial<TaskLine> = {}): TaskLine {
  return {
    id,
    version: 1,
    prompt: `Approve ${id}`,
    urgency: "ROUTINE",
    status: "PENDING",
    level: 0,
    deadlineAt: "2026-01-31T13:00:00+00:00",
    workflow: { name: "expenses" },
    assignments: [assignment({ group: "finance" })],
    answers: [],
    resolution: null,
    ...given,
  };
}

export function approved(id: string, by: string, version = 2): TaskLine {
  return aTask(id, {
    version,
    status: "APPROVED",
    deadlineAt: null,
    assignments: [],
    resolution: { outcome: "APPROVED", by: "REVIEWER", actors: [by], comment: null, at: AT },
  });
}

export const AT = "2026-01-31T12:30:00+00:00";

export function snapshot(...tasks: TaskLine[]): InboxMessage {
  return {
    __typename: "AssignmentSnapshot",
    cursor: "0",
    hasMore: false,
    assignments: tasks.map((task) => ({ task })),
  };
}

export function assigned(task: TaskLine): InboxMessage {
  return { __typename: "TaskAssigned", cursor: "1", at: AT, assignment: { reason: "OPENED", task } };
}

export function unassigned(
  task: TaskLine,
  reason: "RESOLVED" | "ESCALATED" | "CLAIMED_BY_ANOTHER",
): InboxMessage {
  return { __typename: "TaskUnassigned", cursor: "2", at: AT, reason, task };
}

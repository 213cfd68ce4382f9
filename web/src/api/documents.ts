// What the pages ask of a task: a line of it in lists, all of it where it is read.
import { type FragmentOf, graphql } from "./graphql";

export const TaskLine = graphql(`
  fragment TaskLine on Task {
    id
    version
    prompt
    urgency
    status
    level
    deadlineAt
    workflow { name }
    assignments { assignee { reviewer group } reason assignedAt claimedBy claimExpiresAt }
    answers { reviewer decision }
    resolution { outcome by actors comment at }
  }
`);
export type TaskLine = FragmentOf<typeof TaskLine>;

export const WholeTask = graphql(
  `
  fragment WholeTask on Task {
    ...TaskLine
    details
    context
    answerSchema
    labels
    createdBy
    createdAt
    workflow { name runId step }
    approval { rule required approvals rejections }
    answers { reviewer onBehalfOf decision comment input answeredAt }
    resolution { outcome by actors comment input at }
    feedback { reviewer rating scores { name value } comment at }
    timeline { at type planned description }
  }
`,
  [TaskLine],
);
export type WholeTask = FragmentOf<typeof WholeTask>;

export const Viewer = graphql(`query Viewer { viewer { id workspace roles groups } }`);

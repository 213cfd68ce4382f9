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
    assignments { assignee { reviewer group } onBehalfOf reason assignedAt claimedBy claimExpiresAt }
    answers { reviewer decision }
    resolution { outcome by actors comment at }
  }
`);
export type TaskLine = FragmentOf<typeof TaskLine>;

// Written out rather than built on TaskLine: where both select answers, a document's type holds the first one's fields.
export const WholeTask = graphql(`
  fragment WholeTask on Task {
    id
    version
    prompt
    details
    context
    answerSchema
    feedbackAsked { ratingRequired scores }
    labels
    urgency
    status
    level
    deadlineAt
    createdBy
    createdAt
    workflow { name runId step }
    approval { rule required approvals rejections }
    assignments { assignee { reviewer group } onBehalfOf reason assignedAt claimedBy claimExpiresAt }
    answers { reviewer onBehalfOf decision comment input answeredAt }
    resolution { outcome by actors comment input at }
    feedback { reviewer rating scores { name value } comment at }
    timeline { at type planned description }
  }
`);
export type WholeTask = FragmentOf<typeof WholeTask>;

/** What answerTask answers. */
export const AnswerOutcome = graphql(
  `
  fragment AnswerOutcome on AnswerTaskResult {
    __typename
    ... on AnswerTaskSuccess { task { ...WholeTask } }
    ... on Refusal { message }
    ... on InvalidInput { problems { path message } }
    ... on AlreadyResolved { task { ...WholeTask } }
    ... on AlreadyAnswered { task { ...WholeTask } }
    ... on StaleVersion { task { ...WholeTask } }
    ... on ClaimedByAnother { task { ...WholeTask } }
  }
`,
  [WholeTask],
);
export type AnswerOutcome = FragmentOf<typeof AnswerOutcome>;

/** What claimTask, releaseTask, reassignTask and extendDeadline answer. */
export const TaskOutcome = graphql(
  `
  fragment TaskOutcome on TaskResult {
    __typename
    ... on TaskSuccess { task { ...WholeTask } }
    ... on Refusal { message }
    ... on InvalidInput { problems { path message } }
    ... on AlreadyResolved { task { ...WholeTask } }
    ... on ClaimedByAnother { task { ...WholeTask } }
  }
`,
  [WholeTask],
);
export type TaskOutcome = FragmentOf<typeof TaskOutcome>;

export const Viewer = graphql(`query Viewer { viewer { id workspace roles groups } }`);

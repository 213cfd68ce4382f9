import { AnswerOutcome, TaskLine } from "../api/documents";
import { graphql, type ResultOf } from "../api/graphql";

export const InboxChanges = graphql(
  `
  subscription InboxChanges($after: Cursor) {
    assignments(after: $after) {
      __typename
      ... on AssignmentSnapshot { cursor hasMore assignments { task { ...TaskLine } } }
      ... on TaskAssigned { cursor at assignment { reason task { ...TaskLine } } }
      ... on TaskUnassigned { cursor at reason task { ...TaskLine } }
      ... on TaskChanged { cursor at type task { ...TaskLine } }
    }
  }
`,
  [TaskLine],
);
export type InboxMessage = ResultOf<typeof InboxChanges>["assignments"];

/** What a snapshot leaves out. */
export const InboxPageQuery = graphql(
  `
  query InboxPage($after: Cursor) {
    assignments(first: 500, after: $after) {
      nodes { task { ...TaskLine } }
      pageInfo { hasNextPage endCursor }
    }
  }
`,
  [TaskLine],
);

export const AnswerTasks = graphql(
  `
  mutation AnswerTasks($inputs: [AnswerTaskInput!]!) {
    answerTasks(inputs: $inputs) { ...AnswerOutcome }
  }
`,
  [AnswerOutcome],
);

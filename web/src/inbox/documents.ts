import { TaskLine } from "../api/documents";
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

/** What a snapshot leaves out. A page is as large as the cost that the API allows a document. */
export const InboxPageQuery = graphql(
  `
  query InboxPage($after: Cursor) {
    assignments(first: 200, after: $after) {
      nodes { task { ...TaskLine } }
      pageInfo { hasNextPage endCursor }
    }
  }
`,
  [TaskLine],
);

/** Little of each task: the API weighs a document by all that its lists could hold. */
export const AnswerTasks = graphql(`
  mutation AnswerTasks($inputs: [AnswerTaskInput!]!) {
    answerTasks(inputs: $inputs) {
      __typename
      ... on Refusal { message }
      ... on AnswerTaskSuccess {
        task { approval { rule required approvals rejections } resolution { outcome by actors comment at } }
      }
      ... on AlreadyResolved {
        task { approval { rule required approvals rejections } resolution { outcome by actors comment at } }
      }
    }
  }
`);

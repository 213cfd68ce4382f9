import { TaskLine, WholeTask } from "../api/documents";
import { graphql } from "../api/graphql";

export const TaskQuery = graphql(`query Task($id: ID!) { task(id: $id) { ...WholeTask } }`, [WholeTask]);

export const TaskChanges = graphql(
  `
  subscription TaskChanges($ids: [ID!]!) {
    taskEvents(filter: { taskIds: $ids }) { type task { ...WholeTask } }
  }
`,
  [WholeTask],
);

export const AnswerTask = graphql(
  `
  mutation AnswerTask($input: AnswerTaskInput!) {
    answerTask(input: $input) {
      __typename
      ... on AnswerTaskSuccess { task { ...WholeTask } }
      ... on Refusal { message }
      ... on InvalidInput { problems { path message } }
      ... on AlreadyResolved { task { ...WholeTask } }
      ... on AlreadyAnswered { task { ...WholeTask } }
      ... on StaleVersion { task { ...WholeTask } }
      ... on ClaimedByAnother { task { ...WholeTask } }
    }
  }
`,
  [WholeTask],
);

export const RecentTasks = graphql(
  `query RecentTasks { tasks(first: 50) { nodes { ...TaskLine createdAt } totalCount } }`,
  [TaskLine],
);

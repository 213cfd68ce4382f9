import { AnswerOutcome, TaskLine, TaskOutcome, WholeTask } from "../api/documents";
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
  `mutation AnswerTask($input: AnswerTaskInput!) { answerTask(input: $input) { ...AnswerOutcome } }`,
  [AnswerOutcome],
);

export const RecentTasks = graphql(
  `query RecentTasks { tasks(first: 50) { nodes { ...TaskLine createdAt } totalCount } }`,
  [TaskLine],
);

export const ClaimTask = graphql(
  `mutation ClaimTask($id: ID!) { result: claimTask(id: $id) { ...TaskOutcome } }`,
  [TaskOutcome],
);

export const ReleaseTask = graphql(
  `mutation ReleaseTask($id: ID!) { result: releaseTask(id: $id) { ...TaskOutcome } }`,
  [TaskOutcome],
);

export const ReassignTask = graphql(
  `
  mutation ReassignTask($id: ID!, $assignees: [AssigneeInput!]!, $reason: String) {
    result: reassignTask(id: $id, assignees: $assignees, reason: $reason) { ...TaskOutcome }
  }
`,
  [TaskOutcome],
);

export const ExtendDeadline = graphql(
  `
  mutation ExtendDeadline($id: ID!, $by: Duration!, $reason: String) {
    result: extendDeadline(id: $id, by: $by, reason: $reason) { ...TaskOutcome }
  }
`,
  [TaskOutcome],
);

/** For the reader's choice of whom to hand over to; only an ADMIN may see it. */
export const Directory = graphql(`
  query Directory { reviewers(first: 500) { id } groups(first: 500) { name } }
`);

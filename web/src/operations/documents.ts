import { TaskLine } from "../api/documents";
import { graphql, type ResultOf } from "../api/graphql";

/** The API counts what a filter finds: an age is a filter, and its count the API's own. */
export const Pending = graphql(
  `
  query Pending(
    $status: [TaskStatus!]!
    $minutes5: DateTime!
    $hour: DateTime!
    $day: DateTime!
    $week: DateTime!
    $soon: DateTime!
  ) {
    all: tasks(filter: { status: $status }, first: 1000) { totalCount nodes { id level } }
    newest: tasks(filter: { status: $status, createdAfter: $minutes5 }, first: 1) { totalCount }
    minutes: tasks(filter: { status: $status, createdAfter: $hour, createdBefore: $minutes5 }, first: 1) { totalCount }
    hours: tasks(filter: { status: $status, createdAfter: $day, createdBefore: $hour }, first: 1) { totalCount }
    days: tasks(filter: { status: $status, createdAfter: $week, createdBefore: $day }, first: 1) { totalCount }
    weeks: tasks(filter: { status: $status, createdBefore: $week }, first: 1) { totalCount }
    due: tasks(filter: { status: $status, deadlineBefore: $soon }, first: 100) { totalCount nodes { ...TaskLine } }
  }
`,
  [TaskLine],
);

export const Events = graphql(`
  subscription Events($after: Cursor) {
    taskEvents(after: $after) {
      cursor
      type
      actor
      at
      taskVersion
      task { id prompt workflow { name } }
    }
  }
`);
export type Event = ResultOf<typeof Events>["taskEvents"];

export const Keys = graphql(`
  query Keys { apiKeys { id name roles reviewer expiresAt revokedAt lastUsedAt } }
`);

export const People = graphql(`
  query People {
    reviewers(first: 500) { id groups }
    groups(first: 500) { name members complete }
    absences { id reviewer delegate from until }
  }
`);

import { type FragmentOf, graphql } from "../api/graphql";

export const Figures = graphql(`
  fragment Figures on FeedbackStats {
    key { key value }
    tasks
    pending
    approved
    rejected
    expired
    cancelled
    escalated
    approvalRate
    expiryRate
    escalationRate
    ratings
    meanRating
    ratingCounts
    answerSecondsP50
    answerSecondsP90
    answerSecondsP99
    scores { name count mean }
  }
`);
export type Figures = FragmentOf<typeof Figures>;

export const Analysis = graphql(
  `
  query Analysis($filter: FeedbackFilter!, $low: FeedbackFilter!) {
    total: feedbackStats(filter: $filter) { ...Figures }
    byDay: feedbackStats(filter: $filter, groupBy: [DAY]) { ...Figures }
    byWorkflow: feedbackStats(filter: $filter, groupBy: [WORKFLOW]) { ...Figures }
    byReviewer: feedbackStats(filter: $filter, groupBy: [REVIEWER]) { ...Figures }
    byModel: feedbackStats(filter: $filter, groupBy: [LABEL_MODEL]) { ...Figures }
    low: feedback(filter: $low, first: 100) {
      totalCount
      nodes { reviewer rating comment at task { id prompt workflow { name } } }
    }
  }
`,
  [Figures],
);

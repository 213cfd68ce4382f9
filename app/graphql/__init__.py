"""The edge: the only place that knows GraphQL. view.py takes requests, resolvers call one service each."""

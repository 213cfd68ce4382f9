// Typed documents: what `graphql()` returns knows its result and variables from schema.graphql.
import { initGraphQLTada } from "gql.tada";
import type { introspection } from "./schema";

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

export const graphql = initGraphQLTada<{
  introspection: introspection;
  disableMasking: true;
  scalars: { DateTime: string; Duration: string; JSON: Json; Cursor: string; ID: string };
}>();

export type { FragmentOf, ResultOf, VariablesOf } from "gql.tada";

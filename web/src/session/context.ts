// Who is signed in, and what the pages ask with.
import type { Client } from "@urql/core";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Viewer } from "../api/documents";
import type { ResultOf } from "../api/graphql";
import type { LiveInbox } from "../inbox/live";

export type Me = ResultOf<typeof Viewer>["viewer"];

export interface Session {
  client: Client;
  me: Me;
  /** The inbox, where the key is a reviewer's. */
  live: LiveInbox | null;
}

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("Nobody is signed in");
  return session;
}

export const may = {
  review: (me: Me) => me.roles.includes("REVIEWER"),
  analyse: (me: Me) => me.roles.includes("ANALYST") || me.roles.includes("ADMIN"),
  operate: (me: Me) => me.roles.includes("ADMIN"),
};

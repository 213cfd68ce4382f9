// Lets in who has a good key. A key that is refused later leaves the page as it is, with what was typed, behind the door.
import { Provider } from "@urql/preact";
import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { connection, makeClient, refused } from "../api/client";
import { Viewer } from "../api/documents";
import { pause } from "../api/live";
import { followInbox } from "../inbox/live";
import { useStore } from "../ui/store";
import { type Me, may, type Session, SessionContext } from "./context";
import { key } from "./key";
import { SignIn } from "./SignIn";

const REFUSED = "This key is not known, or no longer valid.";
const EXPIRED = "Your session is over: the key is no longer valid. What you typed is kept.";

export function Gate({ children }: { children: ComponentChildren }) {
  const given = useStore(key);
  const out = useStore(refused);
  const [session, setSession] = useState<Session | null>(null);
  const [away, setAway] = useState(false);

  useEffect(() => {
    refused.set(false);
    connection.set("idle");
    if (given === null) {
      setSession(null);
      return;
    }
    const client = makeClient(given);
    let live: Session["live"] = null;
    let current = true;
    const whoAmI = async (): Promise<Me | null> => {
      for (let failures = 0; current && !refused.get(); failures++) {
        const { data } = await client.query(Viewer, {}).toPromise();
        if (!current || refused.get()) break;
        setAway(!data);
        if (data) return data.viewer;
        await new Promise((resolve) => setTimeout(resolve, pause(failures)));
      }
      return null;
    };
    const enter = (me: Me) => {
      live?.stop();
      live = may.review(me) ? followInbox(client, me, () => void again(me)) : null;
      setSession({ client, me, live });
    };
    // Whose groups have changed goes on with the new ones, and with what they have typed.
    const again = async (was: Me) => {
      const me = await whoAmI();
      if (me && JSON.stringify(me) !== JSON.stringify(was)) enter(me);
    };
    void whoAmI().then((me) => me && enter(me));
    return () => {
      current = false;
      live?.stop();
    };
  }, [given]);

  const shown = useMemo(
    () =>
      session && (
        <Provider value={session.client}>
          <SessionContext.Provider value={session}>{children}</SessionContext.Provider>
        </Provider>
      ),
    [session],
  );
  if (given === null) return <SignIn problem={null} />;
  if (out && !session) return <SignIn problem={REFUSED} />;
  return (
    <>
      <div class="behind" inert={out}>
        {shown}
      </div>
      {out && (
        <div class="overlay">
          <SignIn problem={EXPIRED} again />
        </div>
      )}
      {!session && !out && (
        <p class="loading">{away ? "Signoff is not in reach; trying again …" : "Signing in …"}</p>
      )}
    </>
  );
}

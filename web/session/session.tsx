// Who is signed in on this page, and the way to ask for it in the middle of something else.
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useState,
} from "react";
import { call } from "../api/call.ts";
import { isFailure } from "../api/failure.ts";
import { browserMemory, STORAGE_PREFIX } from "../api/storage.ts";
import type { Session } from "../api/wire.ts";
import { SignInDialog } from "./sign-in-dialog.tsx";

export interface SessionAccess {
  /** undefined while that is being found out, null when nobody is. */
  session: Session | null | undefined;
  /** Asks the fan to sign in; false when the fan closes the dialog instead. */
  signIn: (reason?: string) => Promise<boolean>;
  signOut: () => Promise<void>;
  /** Does what needs a session, asking for one first, or again if it has ended meanwhile. */
  withSession: (act: () => Promise<void>) => Promise<boolean>;
}

/**
 * The cookie is hidden from scripts, so this note says whether asking for the session is worth it:
 * a newcomer's page then makes no call that can only be refused.
 */
const SIGNED_IN_NOTE = "signed-in";

const SessionContext = createContext<SessionAccess | null>(null);

export function useSession(): SessionAccess {
  const access = useContext(SessionContext);
  if (access === null) throw new Error("useSession needs a SessionProvider above it");
  return access;
}

export function SessionProvider(props: { children: ReactNode }) {
  const [session, setSession] = useKnownSession();
  const [question, setQuestion] = useState<Question | null>(null);

  const signIn = useCallback((reason?: string) => {
    return new Promise<boolean>((resolve) => setQuestion({ reason, answer: resolve }));
  }, []);

  const signOut = useCallback(async () => {
    try {
      await call("signOut", {});
    } catch (error) {
      if (!isFailure(error, "auth/required")) throw error;
    }
    setSession(null);
  }, [setSession]);

  const withSession = useCallback(
    async (act: () => Promise<void>) => {
      if (!session && !(await signIn())) return false;
      try {
        await act();
        return true;
      } catch (error) {
        if (!isFailure(error, "auth/required")) throw error;
        setSession(null);
        if (!(await signIn("You were signed out meanwhile. Sign in to go on."))) return false;
        await act();
        return true;
      }
    },
    [session, setSession, signIn],
  );

  const access = useMemo(
    () => ({ session, signIn, signOut, withSession }),
    [session, signIn, signOut, withSession],
  );

  function answer(signedIn: Session | null): void {
    if (signedIn !== null) setSession(signedIn);
    question?.answer(signedIn !== null);
    setQuestion(null);
  }

  return (
    <SessionContext value={access}>
      {props.children}
      {question === null ? null : <SignInDialog reason={question.reason} onAnswer={answer} />}
    </SessionContext>
  );
}

interface Question {
  reason: string | undefined;
  answer: (signedIn: boolean) => void;
}

function useKnownSession() {
  const [session, setSession] = useState<Session | null | undefined>(() =>
    browserMemory.read(SIGNED_IN_NOTE) === null ? null : undefined,
  );

  const remember = useCallback((next: Session | null) => {
    if (next === null) browserMemory.forget(SIGNED_IN_NOTE);
    else browserMemory.write(SIGNED_IN_NOTE, next.address);
    setSession(next);
  }, []);

  useEffect(() => {
    const stop = new AbortController();
    async function find(): Promise<void> {
      if (browserMemory.read(SIGNED_IN_NOTE) === null) return setSession(null);
      try {
        const found = await call("getSession", { signal: stop.signal });
        remember(found);
      } catch (error) {
        if (stop.signal.aborted) return;
        // Without an answer nobody knows; the note stays, and the next act asks again.
        if (isFailure(error, "auth/required")) remember(null);
        else setSession(null);
      }
    }
    // Another tab signed in or out.
    const onStorage = ({ key }: StorageEvent) => {
      if (key === STORAGE_PREFIX + SIGNED_IN_NOTE) void find();
    };
    window.addEventListener("storage", onStorage, { signal: stop.signal });
    void find();
    return () => stop.abort();
  }, [remember]);

  return [session, remember] as const;
}

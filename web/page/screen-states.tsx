// What a whole screen shows before its data is there, or when it never comes.
import { type ReactNode, useEffect, useState } from "react";
import type { ApiFailure } from "../api/failure.ts";
import { useSession } from "../session/session.tsx";
import { FailureNotice } from "./failure-notice.tsx";
import { Link } from "./link.tsx";
import { paths } from "./router.ts";
import { ScreenHeading } from "./screen-heading.tsx";

/** A quick answer should not flash a loading screen first. */
const LOADING_SHOWN_AFTER_MS = 200;

export function LoadingScreen(props: { what: string }) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), LOADING_SHOWN_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className="column loading" role="status" aria-busy="true">
      {shown ? <p className="loading-words">Loading {props.what}…</p> : null}
    </div>
  );
}

export function FailureScreen(props: { failure: ApiFailure; what: string; onRetry: () => void }) {
  const { failure } = props;
  if (failure.code === "auth/required") {
    return <SignInScreen what={props.what} onSignedIn={props.onRetry} />;
  }
  const isMissing = failure.code === "request/not-found" || failure.code === "request/invalid";
  return (
    <div className="column">
      <ScreenHeading title={isMissing ? "Not found" : "One moment"} />
      {isMissing ? <NothingHere /> : <FailureNotice failure={failure} onRetry={props.onRetry} />}
    </div>
  );
}

export function SignInScreen(props: { what: string; onSignedIn: () => void }) {
  const { signIn } = useSession();
  async function ask(): Promise<void> {
    if (await signIn(`Sign in to see ${props.what}.`)) props.onSignedIn();
  }
  return (
    <EmptyScreen title="Sign in to go on">
      <p>Only the wallet it belongs to can see {props.what}.</p>
      <button type="button" className="button button-main" onClick={() => void ask()}>
        Sign in
      </button>
    </EmptyScreen>
  );
}

export function NowhereScreen() {
  return (
    <div className="column">
      <ScreenHeading title="Not found" />
      <NothingHere />
    </div>
  );
}

export function EmptyScreen(props: { title: string; children: ReactNode }) {
  return (
    <div className="column empty">
      <ScreenHeading title={props.title} />
      {props.children}
    </div>
  );
}

function NothingHere() {
  return (
    <>
      <p>
        There is nothing for you at this address: the link may be cut short, or it belongs to
        another wallet.
      </p>
      <Link to={paths.events()} className="button button-main">
        See the events
      </Link>
    </>
  );
}

// The bar on top of every screen: home, my tickets, and who is signed in.
import { useState } from "react";
import { AccountDialog } from "../session/account-dialog.tsx";
import { useSession } from "../session/session.tsx";
import { shortAddress } from "./format.ts";
import { Link } from "./link.tsx";
import { paths } from "./router.ts";
import "./header.css";

export function Header() {
  const { session, signIn } = useSession();
  const [accountShown, setAccountShown] = useState(false);
  return (
    <header className="header">
      <Link to={paths.events()} className="header-home">
        <DoorMark />
        <span>Stagedoor</span>
      </Link>
      <nav className="header-nav" aria-label="Main">
        <Link to={paths.tickets()} className="header-link">
          My tickets
        </Link>
        {session === undefined ? null : session === null ? (
          <button type="button" className="header-link" onClick={() => void signIn()}>
            Sign in
          </button>
        ) : (
          <button
            type="button"
            className="header-link header-account"
            aria-label={`Signed in as ${session.address}. Account`}
            onClick={() => setAccountShown(true)}
          >
            {shortAddress(session.address)}
          </button>
        )}
      </nav>
      {accountShown && session ? (
        <AccountDialog session={session} onClose={() => setAccountShown(false)} />
      ) : null}
    </header>
  );
}

function DoorMark() {
  return (
    <svg className="header-mark" viewBox="0 0 32 32" aria-hidden="true">
      <path className="door-light" d="M6 29V14a10 10 0 0 1 20 0v15z" />
      <path className="door-leaf" d="M12 29V9l9-3.5V29z" />
      <circle className="door-light" cx="18.5" cy="18.5" r="1.400" />
    </svg>
  );
}

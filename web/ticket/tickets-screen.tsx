// The tickets in the signed-in fan's wallet.
import { useState } from "react";
import { call } from "../api/call.ts";
import { useLoaded } from "../api/use-loaded.ts";
import type { Session, Ticket } from "../api/wire.ts";
import { FailureNotice } from "../page/failure-notice.tsx";
import { countOf, shortAddress } from "../page/format.ts";
import { Link } from "../page/link.tsx";
import { Reconnecting } from "../page/reconnecting.tsx";
import { paths } from "../page/router.ts";
import { ScreenHeading } from "../page/screen-heading.tsx";
import { EmptyScreen, FailureScreen, LoadingScreen, SignInScreen } from "../page/screen-states.tsx";
import { useAct } from "../page/use-act.ts";
import { useSession } from "../session/session.tsx";
import { FanNotices } from "./fan-notices.tsx";
import { TicketStub } from "./ticket-stub.tsx";
import { useEventsOf } from "./use-events.ts";
import "./tickets-screen.css";

/** Tickets arrive, become final and are used while the fan looks. */
const TICKETS_POLL_MS = 4_000;
const TICKETS_PER_PAGE = 50;

export function TicketsScreen() {
  const { session } = useSession();
  if (session === undefined) return <LoadingScreen what="your tickets" />;
  if (session === null) return <SignInScreen what="your tickets" onSignedIn={() => undefined} />;
  return <TicketsOf key={session.address} session={session} />;
}

function TicketsOf({ session }: { session: Session }) {
  const owner = session.address;
  const [more, setMore] = useState<{ tickets: Ticket[]; next: string | null } | null>(null);
  const first = useLoaded(
    `tickets:${owner}`,
    (signal) => call("listTickets", { query: { owner, limit: TICKETS_PER_PAGE }, signal }),
    // Later pages start where the first ended, so it must stay as it is once they are shown.
    () => (more === null ? TICKETS_POLL_MS : null),
  );
  const tickets = [...(first.data?.tickets ?? []), ...(more?.tickets ?? [])];
  const next = more === null ? (first.data?.next ?? null) : more.next;
  const events = useEventsOf(tickets);
  const showMore = useAct(async () => {
    if (next === null) return;
    const query = { owner, limit: TICKETS_PER_PAGE, cursor: next };
    const page = await call("listTickets", { query });
    setMore((last) => ({ tickets: [...(last?.tickets ?? []), ...page.tickets], next: page.next }));
  });

  if (first.data === undefined) {
    if (first.failure === undefined) return <LoadingScreen what="your tickets" />;
    return <FailureScreen failure={first.failure} what="your tickets" onRetry={first.reload} />;
  }
  if (tickets.length === 0) return <NoTickets owner={owner} />;
  return (
    <div className="column">
      <ScreenHeading title="Your tickets" />
      <p className="small">
        {countOf(tickets.length, "ticket")} in the wallet {shortAddress(owner)}
      </p>
      <Reconnecting failure={first.failure} />
      <FanNotices owner={owner} />
      <ul className="tickets">
        {tickets.map((ticket) => (
          <li key={ticket.id}>
            <TicketStub ticket={ticket} event={events.get(ticket.eventId)}>
              <Link to={paths.ticket(ticket.id)} className="button button-quiet">
                Open
                <span className="hidden-words"> this ticket</span>
              </Link>
            </TicketStub>
          </li>
        ))}
      </ul>
      {showMore.failure === undefined ? null : <FailureNotice failure={showMore.failure} />}
      {next === null ? null : (
        <button
          type="button"
          className="button button-quiet button-wide"
          disabled={showMore.isBusy}
          onClick={showMore.start}
        >
          Show more
        </button>
      )}
    </div>
  );
}

function NoTickets({ owner }: { owner: string }) {
  return (
    <EmptyScreen title="No tickets yet">
      <FanNotices owner={owner} />
      <p>
        The wallet {shortAddress(owner)} holds no tickets. A ticket that you just paid for arrives
        here within seconds, by itself.
      </p>
      <Link to={paths.events()} className="button button-main">
        See the events
      </Link>
    </EmptyScreen>
  );
}

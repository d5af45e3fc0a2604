// One ticket with everything that the chain says about it.
import type { ReactNode } from "react";
import { call } from "../api/call.ts";
import { useLoaded } from "../api/use-loaded.ts";
import type { EventDetails, Ticket } from "../api/wire.ts";
import { formatAmount, formatMoment } from "../page/format.ts";
import { Link } from "../page/link.tsx";
import { Notice } from "../page/notice.tsx";
import { Reconnecting } from "../page/reconnecting.tsx";
import { paths } from "../page/router.ts";
import { ScreenHeading } from "../page/screen-heading.tsx";
import { FailureScreen, LoadingScreen } from "../page/screen-states.tsx";
import { useSession } from "../session/session.tsx";
import { ChainProof } from "./chain-proof.tsx";
import { TicketStub } from "./ticket-stub.tsx";
import { useEventsOf } from "./use-events.ts";
import "./ticket-screen.css";

const TICKET_POLL_MS = 4_000;

export function TicketScreen({ ticketId }: { ticketId: string }) {
  const loaded = useLoaded(
    `ticket:${ticketId}`,
    (signal) => call("getTicket", { params: { ticketId }, signal }),
    () => TICKET_POLL_MS,
  );
  const ticket = loaded.data;
  const event = useEventsOf(ticket === undefined ? [] : [ticket]).get(ticket?.eventId ?? "");
  if (ticket !== undefined) {
    return (
      <>
        <Reconnecting failure={loaded.failure} />
        <KnownTicket ticket={ticket} event={event} />
      </>
    );
  }
  if (loaded.failure !== undefined) {
    return <FailureScreen failure={loaded.failure} what="this ticket" onRetry={loaded.reload} />;
  }
  return <LoadingScreen what="the ticket" />;
}

function KnownTicket({ ticket, event }: { ticket: Ticket; event: EventDetails | undefined }) {
  const { session } = useSession();
  const isMine = session?.address.toLowerCase() === ticket.owner;
  return (
    <div className="column">
      <Link to={paths.tickets()} className="back">
        ← All tickets
      </Link>
      <ScreenHeading title={isMine ? "Your ticket" : "A ticket"} />
      {ticket.state === "void" ? (
        <Notice tone="bad" title="This ticket is void">
          <p>It was refunded or replaced, and opens no door.</p>
        </Notice>
      ) : null}
      <TicketStub ticket={ticket} event={event} />
      <dl className="facts">
        <Fact name="Held by">
          {isMine ? "You" : null}
          <p className="hash">{ticket.owner}</p>
        </Fact>
        {ticket.face === null || event === undefined ? null : (
          <Fact name="Price paid first">{formatAmount(ticket.face, event.currency)}</Fact>
        )}
        <Fact name="Made">{formatMoment(ticket.mintedAt)}</Fact>
        <Fact name="Changed hands">
          {ticket.nonce === 0 ? "never" : ticket.nonce === 1 ? "once" : `${ticket.nonce} times`}
        </Fact>
        <Fact name="On the chain">
          {ticket.final
            ? "final: nobody can undo it"
            : "written; it becomes final after some more blocks"}
        </Fact>
      </dl>
      <ChainProof txHash={ticket.mintTx} />
    </div>
  );
}

function Fact(props: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}

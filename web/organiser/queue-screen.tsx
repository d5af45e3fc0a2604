// An event's queue for who organises it: how far its tickets are, and what waits for a person.
import { useState } from "react";
import { call } from "../api/call.ts";
import { callKeyed } from "../api/call-keyed.ts";
import { useLoaded } from "../api/use-loaded.ts";
import type { EventQueue } from "../api/wire.ts";
import { FailureNotice } from "../page/failure-notice.tsx";
import { countOf, formatMoment } from "../page/format.ts";
import { Link } from "../page/link.tsx";
import { Notice } from "../page/notice.tsx";
import { Reconnecting } from "../page/reconnecting.tsx";
import { paths } from "../page/router.ts";
import { ScreenHeading } from "../page/screen-heading.tsx";
import { FailureScreen, LoadingScreen } from "../page/screen-states.tsx";
import { useAct } from "../page/use-act.ts";
import "../ticket/ticket-screen.css";

/** Who looks here during a sale wants to know within seconds. */
const QUEUE_POLL_MS = 2_000;
const WEI_DIGITS = 18;
const COIN_DIGITS = 6;
const REASON = "It could not be minted";

type Attention = EventQueue["attention"][number];

export function QueueScreen({ eventId }: { eventId: string }) {
  const loaded = useLoaded(
    `queue:${eventId}`,
    (signal) => call("getQueue", { params: { eventId }, signal }),
    () => QUEUE_POLL_MS,
  );
  const { data, failure, reload } = loaded;
  if (data === undefined) {
    if (failure === undefined) return <LoadingScreen what="the queue" />;
    return <FailureScreen failure={failure} what="this event's queue" onRetry={reload} />;
  }
  return (
    <>
      <Reconnecting failure={failure} />
      <div className="column">
        <Link to={paths.event(eventId)} className="back">
          ← The event
        </Link>
        <ScreenHeading title="Tickets on their way" />
        <Numbers queue={data} />
        <Batches batches={data.batches} />
        <AttentionList lines={data.attention} total={data.counts.attention} onChange={reload} />
      </div>
    </>
  );
}

function Numbers({ queue: { counts, oldestSeconds, fees } }: { queue: EventQueue }) {
  const each = fees.tickets === 0 ? 0n : BigInt(fees.feeMax) / BigInt(fees.tickets);
  return (
    <dl className="facts">
      <Fact name="In the queue">{counts.queued}</Fact>
      <Fact name="Sent to the chain">{counts.sent}</Fact>
      <Fact name="In wallets">{counts.minted}</Fact>
      <Fact name="Need a person">{counts.attention}</Fact>
      <Fact name="Refunded before">{counts.withdrawn}</Fact>
      <Fact name="Oldest waits">
        {oldestSeconds === null ? "nothing waits" : countOf(oldestSeconds, "second")}
      </Fact>
      <Fact name="Chain's fees, at most">
        {coin(BigInt(fees.feeMax))} coin, {coin(each)} a ticket
      </Fact>
    </dl>
  );
}

function Fact(props: { name: string; children: React.ReactNode }) {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}

function Batches({ batches }: { batches: EventQueue["batches"] }) {
  return (
    <section>
      <h2>Under way</h2>
      {batches.length === 0 ? <p>No transaction waits for a block.</p> : null}
      <ul className="mints">
        {batches.map(({ txHash, tickets, sentAt, bids }) => (
          <li key={txHash} className="mint">
            <p>
              <strong>{countOf(tickets, "ticket")}</strong>
              {sentAt === null ? ", about to be sent" : `, sent ${formatMoment(sentAt)}`}
              {bids > 1 ? `, offered ${bids} times` : null}
            </p>
            <p className="small hash">{txHash}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}

function AttentionList(props: {
  lines: readonly Attention[];
  total: number;
  onChange: () => void;
}) {
  const { lines, total, onChange } = props;
  if (total === 0) {
    return <Notice tone="good" title="No ticket needs you" />;
  }
  return (
    <section>
      <h2>These need you</h2>
      {total > lines.length ? (
        <p>
          The first {lines.length} of {total}.
        </p>
      ) : null}
      <ul className="mints">
        {lines.map((line) => (
          <AttentionLine key={line.ticketId} line={line} onChange={onChange} />
        ))}
      </ul>
    </section>
  );
}

function AttentionLine({ line, onChange }: { line: Attention; onChange: () => void }) {
  const { orderId, ticketId, label, reason, since, refund, refundPath } = line;
  const [isSure, setSure] = useState(false);
  const { isBusy, failure, start } = useAct(async () => {
    const body = { tickets: [ticketId], reason: REASON };
    await callKeyed("createRefund", `refund:${ticketId}`, { params: { orderId }, body });
    onChange();
  });
  return (
    <li className="mint">
      <p className="mint-seat">{label}</p>
      <p>
        {reason ?? "No reason is known"}, since {formatMoment(since)}
      </p>
      <p className="small hash">{orderId}</p>
      {refundPath === null ? (
        <p>Its refund is {refund === "paid" || refund === "freed" ? "done" : "on its way"}.</p>
      ) : isSure ? (
        <button type="button" className="button button-main" disabled={isBusy} onClick={start}>
          Yes, pay this ticket back
        </button>
      ) : (
        <button type="button" className="button" onClick={() => setSure(true)}>
          Pay it back
        </button>
      )}
      {failure === undefined ? null : <FailureNotice failure={failure} />}
    </li>
  );
}

/** Six digits after the point are a thousandth of a cent, roughly. */
function coin(wei: bigint): string {
  const text = wei.toString().padStart(WEI_DIGITS + 1, "0");
  const at = text.length - WEI_DIGITS;
  return `${text.slice(0, at)}.${text.slice(at, at + COIN_DIGITS)}`;
}

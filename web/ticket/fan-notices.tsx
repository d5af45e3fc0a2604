// What the fan was told and has not read yet: of orders, of tickets, and of the events they are for.
import { call } from "../api/call.ts";
import { useLoaded } from "../api/use-loaded.ts";
import type { FanNotice } from "../api/wire.ts";
import { FailureNotice } from "../page/failure-notice.tsx";
import { formatAmount, formatMoment } from "../page/format.ts";
import { Link } from "../page/link.tsx";
import { Notice, type Tone } from "../page/notice.tsx";
import { paths } from "../page/router.ts";
import { useAct } from "../page/use-act.ts";

/** News of an event is hours old at worst; a fan who is here should not wait for a reload. */
const NOTICES_POLL_MS = 15_000;
const SHOWN_MAX = 5;

const WORDS: Record<FanNotice["kind"], { tone: Tone; title: string; text: string }> = {
  "tickets-ready": {
    tone: "good",
    title: "Your tickets are in your wallet",
    text: "All of the order's tickets are made.",
  },
  "order-attention": {
    tone: "warn",
    title: "A ticket is taking longer than usual",
    text: "The box office is looking at it. Your seats stay yours.",
  },
  "order-expired": {
    tone: "info",
    title: "An order ended without a payment",
    text: "Its seats are free again.",
  },
  "event-moved": {
    tone: "warn",
    title: "The event was moved to a later date",
    text: "Your tickets stay valid. The event's page shows the new times.",
  },
  "event-cancelled": {
    tone: "bad",
    title: "The event was cancelled",
    text: "Every ticket is taken back and paid back; there is nothing to do.",
  },
  "refund-paid": {
    tone: "info",
    title: "A ticket was taken back",
    text: "It does not count any more.",
  },
  "dispute-open": {
    tone: "warn",
    title: "Your bank asks a payment back",
    text: "Your tickets stay valid while the bank decides.",
  },
  "dispute-won": {
    tone: "info",
    title: "The payment that your bank asked back stays",
    text: "The dispute is over.",
  },
  "dispute-lost": {
    tone: "bad",
    title: "A bank took the payment of tickets back",
    text: "They do not count any more. The box office can tell you more.",
  },
};

export function FanNotices({ owner }: { owner: string }) {
  const query = { state: "unread", limit: SHOWN_MAX } as const;
  const loaded = useLoaded(
    `notices:${owner}`,
    (signal) => call("listNotices", { query, signal }),
    () => NOTICES_POLL_MS,
  );
  const notices = loaded.data?.notices ?? [];
  const read = useAct(async () => {
    await call("readNotices", { body: { notices: notices.map(({ id }) => id) } });
    loaded.reload();
  });
  if (notices.length === 0) return null;
  return (
    <section className="tickets" aria-label="News of your tickets">
      {notices.map((notice) => (
        <OneNotice key={notice.id} notice={notice} />
      ))}
      {read.failure === undefined ? null : <FailureNotice failure={read.failure} />}
      <button
        type="button"
        className="button button-quiet"
        disabled={read.isBusy}
        onClick={read.start}
      >
        Got it
      </button>
    </section>
  );
}

function OneNotice({ notice }: { notice: FanNotice }) {
  const { tone, title, text } = WORDS[notice.kind];
  const { amount, currency, orderId } = notice;
  const back = amount === null || amount === "0" || currency === null ? null : { amount, currency };
  return (
    <Notice tone={tone} title={title}>
      <p>
        {notice.eventName} · {formatMoment(notice.at)}
      </p>
      <p>
        {text}
        {back === null ? null : ` You got ${formatAmount(back.amount, back.currency)} back.`}
      </p>
      {orderId === null ? (
        <Link to={paths.event(notice.eventId)}>See the event</Link>
      ) : (
        <Link to={paths.order(orderId)}>See the order</Link>
      )}
    </Notice>
  );
}

// How far one seat's ticket has come: steps in words first, the proof on the chain for who asks.
import type { OrderLine } from "../api/wire.ts";
import { ChainProof } from "../ticket/chain-proof.tsx";
import { ticketNumber } from "../ticket/ticket-number.ts";
import { isInWallet, rankOf, STEPS } from "./ticket-stages.ts";
import "./mint-progress.css";

const PAID: ReadonlySet<OrderLine["refund"]> = new Set(["paid", "freed"]);

export function MintProgress({ line, wentBack }: { line: OrderLine; wentBack: boolean }) {
  if (line.refund !== null && line.refund !== "refused") {
    return (
      <li className="mint">
        <p className="mint-seat">{line.label}</p>
        <p>{PAID.has(line.refund) ? "Paid back." : "Taken back; its price is on its way."}</p>
      </li>
    );
  }
  const rank = rankOf(line.stage);
  return (
    <li className="mint">
      <p className="mint-seat">{line.label}</p>
      {isInWallet(line.stage) ? (
        <p className="mint-number">
          Ticket <span className="number">{ticketNumber(line.ticketId)}</span>
        </p>
      ) : null}
      <ol className="mint-steps">
        {STEPS.map(({ stage, name }, at) => {
          const isReached = at <= rank;
          return (
            <li
              key={stage}
              className={isReached ? "is-reached" : undefined}
              aria-current={at === rank ? "step" : undefined}
            >
              <span className="mint-dot" aria-hidden="true">
                {isReached ? "✓" : ""}
              </span>
              <span>{name}</span>
              <span className="hidden-words">{isReached ? "done" : "to come"}</span>
            </li>
          );
        })}
      </ol>
      <p className="small">
        {wentBack
          ? "The chain took the block with it back, as it now and then does. It is sent again; there is nothing to do."
          : aboutStage(line.stage)}
      </p>
      {line.txHash === null ? null : <ChainProof txHash={line.txHash} />}
    </li>
  );
}

function aboutStage(stage: OrderLine["stage"]): string {
  if (stage === "attention") return "A person is looking at it. The seat stays yours.";
  return STEPS[rankOf(stage)]?.about ?? "Your payment is in; the ticket is about to be queued.";
}

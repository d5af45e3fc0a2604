// How far one seat's ticket has come: steps in words first, the proof on the chain for who asks.
import type { OrderLine } from "../api/wire.ts";
import { ChainProof } from "../ticket/chain-proof.tsx";
import { ticketNumber } from "../ticket/ticket-number.ts";
import "./mint-progress.css";

const STEPS = [
  { name: "In the queue", reachedAt: ["queued", "sent", "minted", "attention"] },
  { name: "Sent to the chain", reachedAt: ["sent", "minted"] },
  { name: "In your wallet", reachedAt: ["minted"] },
] as const satisfies readonly { name: string; reachedAt: readonly OrderLine["mint"][] }[];

const PAID: ReadonlySet<OrderLine["refund"]> = new Set(["paid", "freed"]);

export function MintProgress({ line }: { line: OrderLine }) {
  if (line.refund !== null && line.refund !== "refused") {
    return (
      <li className="mint">
        <p className="mint-seat">{line.label}</p>
        <p>{PAID.has(line.refund) ? "Paid back." : "Taken back; its price is on its way."}</p>
      </li>
    );
  }
  return (
    <li className="mint">
      <p className="mint-seat">{line.label}</p>
      {line.mint === "minted" ? (
        <p className="mint-number">
          Ticket <span className="number">{ticketNumber(line.ticketId)}</span>
        </p>
      ) : null}
      <ol className="mint-steps">
        {STEPS.map(({ name, reachedAt }) => {
          const isReached = (reachedAt as readonly string[]).includes(line.mint);
          return (
            <li key={name} className={isReached ? "is-reached" : undefined}>
              <span className="mint-dot" aria-hidden="true">
                {isReached ? "✓" : ""}
              </span>
              <span>{name}</span>
              <span className="hidden-words">{isReached ? "done" : "to come"}</span>
            </li>
          );
        })}
      </ol>
      {line.txHash === null ? null : <ChainProof txHash={line.txHash} />}
    </li>
  );
}

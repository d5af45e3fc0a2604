// Why a wallet has not paid: a person's no, something in the way, or a failure; and the way on.
import { ApiFailure } from "../../api/failure.ts";
import { FailureNotice } from "../../page/failure-notice.tsx";
import { Notice } from "../../page/notice.tsx";
import { WalletRefused } from "../../session/wallet.ts";
import { Hurdle, type HurdleKind } from "./hurdle.ts";
import { HURDLE_WORDS } from "./wallet-words.ts";

interface Ways {
  onChangeNetwork: () => void;
  onPayAgain: () => void;
}

export function WalletNotice({ problem, ...ways }: { problem: unknown } & Ways) {
  if (problem instanceof ApiFailure) return <FailureNotice failure={problem} />;
  if (problem instanceof WalletRefused) {
    return (
      <Notice tone="info" title="Not paid">
        <p>{problem.message} You may try again.</p>
      </Notice>
    );
  }
  if (problem instanceof Hurdle) {
    const { title, advice } = HURDLE_WORDS[problem.kind];
    return (
      <Notice tone="warn" title={title} urgent>
        <p>{advice}</p>
        <WayOn kind={problem.kind} {...ways} />
      </Notice>
    );
  }
  return (
    <Notice tone="bad" title="Your wallet could not do that" urgent>
      <p>It says: {sentenceOf(problem)}</p>
    </Notice>
  );
}

function WayOn({ kind, onChangeNetwork, onPayAgain }: { kind: HurdleKind } & Ways) {
  if (kind === "other-network") {
    return (
      <button type="button" className="button button-quiet" onClick={onChangeNetwork}>
        Change the network
      </button>
    );
  }
  if (kind === "perhaps-sent") {
    return (
      <button type="button" className="button button-quiet" onClick={onPayAgain}>
        I said no: ask my wallet again
      </button>
    );
  }
  return null;
}

/** Wallets throw objects of any kind. */
function sentenceOf(problem: unknown): string {
  const { message } = (problem ?? {}) as { message?: unknown };
  return typeof message === "string" && message !== "" ? message : "nothing more about it.";
}

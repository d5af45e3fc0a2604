// The transaction behind a ticket, folded away until somebody wants to check it.
import { useState } from "react";
import "./chain-proof.css";

const COPIED_SHOWN_MS = 2_000;

export function ChainProof({ txHash }: { txHash: string }) {
  const [wasCopied, setCopied] = useState(false);

  async function copy(): Promise<void> {
    await navigator.clipboard.writeText(txHash);
    setCopied(true);
    setTimeout(() => setCopied(false), COPIED_SHOWN_MS);
  }

  return (
    <details className="proof">
      <summary>Proof on the chain</summary>
      <p className="small">Transaction</p>
      <p className="hash">{txHash}</p>
      {/* Browsers give the clipboard to secure pages only. */}
      {window.isSecureContext ? (
        <button type="button" className="button button-quiet" onClick={() => void copy()}>
          {wasCopied ? "Copied" : "Copy"}
        </button>
      ) : null}
    </details>
  );
}

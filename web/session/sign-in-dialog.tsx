// Asks which wallet, or whether a passkey, is to sign in, and sees it through.
import { useState } from "react";
import { call } from "../api/call.ts";
import { useLoaded } from "../api/use-loaded.ts";
import type { Config, Session } from "../api/wire.ts";
import { Dialog } from "../page/dialog.tsx";
import { FailureNotice } from "../page/failure-notice.tsx";
import { shortAddress } from "../page/format.ts";
import { connectInjectedWallet, hasInjectedWallet } from "./injected-wallet.ts";
import { NoWallet } from "./no-wallet.tsx";
import { hasPasskeys, signInWithPasskey } from "./passkey.ts";
import { ProblemNotice } from "./problem-notice.tsx";
import { signInWith } from "./sign-in.ts";
import type { Wallet } from "./wallet.ts";
import "./sign-in-dialog.css";

export function SignInDialog(props: {
  reason: string | undefined;
  onAnswer: (session: Session | null) => void;
}) {
  const config = useLoaded("config", (signal) => call("getConfig", { signal }));
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);

  async function signIn(begin: () => Promise<Session>): Promise<void> {
    setBusy(true);
    setProblem(null);
    try {
      props.onAnswer(await begin());
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  }

  return (
    <Dialog title="Sign in" onClose={() => props.onAnswer(null)}>
      <p>
        {props.reason ??
          "Your wallet is your ticket case. Signing in costs nothing and moves nothing."}
      </p>
      {problem === null ? null : <ProblemNotice problem={problem} title="Not signed in" />}
      <fieldset className="wallets" disabled={isBusy}>
        <legend className="wallets-legend" aria-live="polite">
          {isBusy ? "Signing in…" : "Which wallet should hold your tickets?"}
        </legend>
        {hasInjectedWallet() ? (
          <button
            type="button"
            className="button button-main"
            onClick={() => void signIn(async () => signInWith(await connectInjectedWallet()))}
          >
            Your browser's wallet
          </button>
        ) : null}
        {config.data?.developmentWallet ? (
          <DevelopmentWallets
            config={config.data}
            onChoose={(wallet) => void signIn(() => signInWith(wallet))}
          />
        ) : null}
        {config.data?.developmentWallet === false && !hasInjectedWallet() ? <NoWallet /> : null}
        {config.data?.passkeys === true && hasPasskeys() ? (
          <PasskeyChoice onChoose={() => void signIn(signInWithPasskey)} />
        ) : null}
      </fieldset>
      {config.data === undefined && config.failure !== undefined ? (
        <FailureNotice failure={config.failure} onRetry={config.reload} />
      ) : null}
    </Dialog>
  );
}

function DevelopmentWallets(props: { config: Config; onChoose: (wallet: Wallet) => void }) {
  const chainIds = props.config.deployments.map(({ chainId }) => chainId);
  const wallets = useLoaded(`wallets:${chainIds}`, async () => {
    // Lazily: the key derivation is larger than the whole rest of the app.
    const { developmentWallets } = await import("./development-wallet.ts");
    return developmentWallets(chainIds);
  });
  if (wallets.failure !== undefined) {
    return <FailureNotice failure={wallets.failure} onRetry={wallets.reload} />;
  }
  return (
    <div className="development-wallets">
      <p className="development-badge">Development wallet</p>
      <p className="small">
        Test fans of this local chain; their keys are public, their coins fake.
      </p>
      {wallets.data === undefined ? <p role="status">Opening the wallet…</p> : null}
      {wallets.data?.map((wallet, index) => (
        <button
          type="button"
          key={wallet.address}
          className="wallet"
          onClick={() => props.onChoose(wallet)}
        >
          <span className="wallet-name">Fan {index + 1}</span>
          <span className="wallet-address">{shortAddress(wallet.address)}</span>
        </button>
      ))}
    </div>
  );
}

function PasskeyChoice(props: { onChoose: () => void }) {
  return (
    <div className="passkey-choice">
      <p className="small">Added a passkey to your account before?</p>
      <button type="button" className="button button-quiet" onClick={props.onChoose}>
        Sign in with a passkey
      </button>
    </div>
  );
}

// Asks the fan which wallet to sign in with, and sees it through.
import { useState } from "react";
import { call } from "../api/call.ts";
import { isFailure, toFailure } from "../api/failure.ts";
import { useLoaded } from "../api/use-loaded.ts";
import type { Config, Session } from "../api/wire.ts";
import { Dialog } from "../page/dialog.tsx";
import { FailureNotice } from "../page/failure-notice.tsx";
import { shortAddress } from "../page/format.ts";
import { Notice } from "../page/notice.tsx";
import { connectInjectedWallet, hasInjectedWallet } from "./injected-wallet.ts";
import { signInWith } from "./sign-in.ts";
import { type Wallet, WalletRefused } from "./wallet.ts";
import "./sign-in-dialog.css";

export function SignInDialog(props: {
  reason: string | undefined;
  onAnswer: (session: Session | null) => void;
}) {
  const config = useLoaded("config", (signal) => call("getConfig", { signal }));
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);

  async function signIn(connect: () => Wallet | Promise<Wallet>): Promise<void> {
    setBusy(true);
    setProblem(null);
    try {
      props.onAnswer(await signInWith(await connect()));
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
      {problem === null ? null : <SignInProblem problem={problem} />}
      <fieldset className="wallets" disabled={isBusy}>
        <legend className="wallets-legend" aria-live="polite">
          {isBusy ? "Signing in…" : "Which wallet should hold your tickets?"}
        </legend>
        {hasInjectedWallet() ? (
          <button
            type="button"
            className="button button-main"
            onClick={() => void signIn(connectInjectedWallet)}
          >
            Your browser's wallet
          </button>
        ) : null}
        {config.data?.developmentWallet ? (
          <DevelopmentWallets
            config={config.data}
            onChoose={(wallet) => void signIn(() => wallet)}
          />
        ) : null}
        {config.data?.developmentWallet === false && !hasInjectedWallet() ? <NoWallet /> : null}
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

function NoWallet() {
  return (
    <Notice tone="info" title="This browser has no wallet">
      <p>Open this page in a wallet's own browser, or install a wallet and load the page again.</p>
    </Notice>
  );
}

function SignInProblem(props: { problem: unknown }) {
  const { problem } = props;
  if (problem instanceof WalletRefused) {
    return (
      <Notice tone="info" title="Not signed in">
        {<p>{problem.message}</p>}
      </Notice>
    );
  }
  if (isFailure(problem)) return <FailureNotice failure={problem} />;
  return <FailureNotice failure={toFailure(problem)} />;
}

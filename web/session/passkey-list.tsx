// The passkeys of this account: make one on this device, or delete one that is lost.
import { useState } from "react";
import { call } from "../api/call.ts";
import { useLoaded } from "../api/use-loaded.ts";
import { formatMoment } from "../page/format.ts";
import { AccountPart, AccountRow, ignoreGone, usePartNews } from "./account-part.tsx";
import { hasPasskeys, makePasskey } from "./passkey.ts";
import { ProblemNotice } from "./problem-notice.tsx";

export function PasskeyList() {
  const list = useLoaded("passkeys", (signal) => call("listPasskeys", { signal }));
  const news = usePartNews();
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);

  async function add(): Promise<void> {
    setBusy(true);
    setProblem(null);
    try {
      await makePasskey();
      news.say("A passkey was added. From now on it signs you in.");
      list.reload();
    } catch (error) {
      setProblem(error);
    } finally {
      setBusy(false);
    }
  }

  async function remove(passkeyId: string, name: string): Promise<void> {
    await call("deletePasskey", { params: { passkeyId } }).catch(ignoreGone);
    news.say(`Deleted the passkey of ${name}.`);
    list.reload();
  }

  return (
    <AccountPart title="Passkeys" news={news} list={list}>
      {list.data?.passkeys.length === 0 ? (
        <p className="small">Sign in by fingerprint, face or PIN, without your wallet at hand.</p>
      ) : null}
      <ul className="account-rows">
        {list.data?.passkeys.map(({ id, name, backedUp, createdAt, lastUsedAt }) => (
          <AccountRow
            key={id}
            name={name}
            about={
              (lastUsedAt === null
                ? `Made ${formatMoment(createdAt)}`
                : `Used ${formatMoment(lastUsedAt)}`) + (backedUp ? ", synced" : "")
            }
            button={{
              label: "Delete",
              name: `Delete the passkey of ${name}, made ${formatMoment(createdAt)}`,
              act: () => remove(id, name),
            }}
          />
        ))}
      </ul>
      {problem === null ? null : <ProblemNotice problem={problem} title="No passkey was added" />}
      {hasPasskeys() ? (
        <button
          type="button"
          className="button button-quiet"
          disabled={isBusy}
          onClick={() => void add()}
        >
          {isBusy ? "Adding a passkey…" : "Add a passkey"}
        </button>
      ) : null}
    </AccountPart>
  );
}

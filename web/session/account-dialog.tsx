// Who is signed in, where else, with what, and the way out.
import { useState } from "react";
import { call } from "../api/call.ts";
import { type ApiFailure, toFailure } from "../api/failure.ts";
import { useLoaded } from "../api/use-loaded.ts";
import type { Session } from "../api/wire.ts";
import { Dialog } from "../page/dialog.tsx";
import { FailureNotice } from "../page/failure-notice.tsx";
import { formatMoment } from "../page/format.ts";
import { DeviceList } from "./device-list.tsx";
import { PasskeyList } from "./passkey-list.tsx";
import { useSession } from "./session.tsx";

export function AccountDialog(props: { session: Session; onClose: () => void }) {
  const { signOut } = useSession();
  const config = useLoaded("config", (signal) => call("getConfig", { signal }));
  const [failure, setFailure] = useState<ApiFailure | null>(null);

  async function leave(): Promise<void> {
    try {
      await signOut();
      props.onClose();
    } catch (error) {
      setFailure(toFailure(error));
    }
  }

  return (
    <Dialog title="Your account" onClose={props.onClose}>
      <p>Your wallet</p>
      <p className="hash">{props.session.address}</p>
      <p className="small">On this device until {formatMoment(props.session.expiresAt)}.</p>
      <DeviceList />
      {config.data?.passkeys === true ? <PasskeyList /> : null}
      {failure === null ? null : <FailureNotice failure={failure} />}
      <button type="button" className="button button-quiet" onClick={() => void leave()}>
        Sign out
      </button>
    </Dialog>
  );
}

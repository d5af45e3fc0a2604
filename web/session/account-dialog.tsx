// Who is signed in, and the way out.
import { useState } from "react";
import { type ApiFailure, toFailure } from "../api/failure.ts";
import type { Session } from "../api/wire.ts";
import { Dialog } from "../page/dialog.tsx";
import { FailureNotice } from "../page/failure-notice.tsx";
import { formatMoment } from "../page/format.ts";
import { useSession } from "./session.tsx";

export function AccountDialog(props: { session: Session; onClose: () => void }) {
  const { signOut } = useSession();
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
      <p>Signed in with the wallet</p>
      <p className="hash">{props.session.address}</p>
      <p className="small">On this device until {formatMoment(props.session.expiresAt)}.</p>
      {failure === null ? null : <FailureNotice failure={failure} />}
      <button type="button" className="button button-quiet" onClick={() => void leave()}>
        Sign out
      </button>
    </Dialog>
  );
}

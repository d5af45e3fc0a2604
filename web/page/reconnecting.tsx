// Says that a screen may be behind the truth while the server is out of reach.
import type { ApiFailure } from "../api/failure.ts";
import { Notice } from "./notice.tsx";

export function Reconnecting(props: { failure: ApiFailure | undefined }) {
  if (props.failure === undefined) return null;
  return (
    <div className="over-column">
      <Notice tone="warn" title="Reconnecting…">
        <p>This is how things stood a moment ago. Nothing of yours is lost.</p>
      </Notice>
    </div>
  );
}

// A failed call on a screen: plain words, and the way on.
import type { ApiFailure } from "../api/failure.ts";
import { Notice } from "./notice.tsx";
import { wordsFor } from "./words.ts";

export function FailureNotice(props: { failure: ApiFailure; onRetry?: () => void }) {
  const { failure, onRetry } = props;
  const words = wordsFor(failure);
  const traceId = failure.code === "server/bug" ? failure.data.traceId : undefined;
  return (
    <Notice tone="bad" title={words.title} urgent>
      <p>{words.advice}</p>
      {traceId === undefined ? null : <p className="small">Reference: {String(traceId)}</p>}
      {onRetry === undefined ? null : (
        <button type="button" className="button button-quiet" onClick={onRetry}>
          Try again
        </button>
      )}
    </Notice>
  );
}

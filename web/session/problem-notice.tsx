// Why signing in, or making a passkey, came to nothing: a person's no, or a failure.
import { toFailure } from "../api/failure.ts";
import { FailureNotice } from "../page/failure-notice.tsx";
import { Notice } from "../page/notice.tsx";
import { WalletRefused } from "./wallet.ts";

export function ProblemNotice(props: { problem: unknown; title: string }) {
  const { problem, title } = props;
  if (!(problem instanceof WalletRefused)) return <FailureNotice failure={toFailure(problem)} />;
  return (
    <Notice tone="info" title={title}>
      <p>{problem.message}</p>
    </Notice>
  );
}

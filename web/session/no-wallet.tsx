// Says how a browser without a wallet comes to one.
import { Notice } from "../page/notice.tsx";

export function NoWallet() {
  return (
    <Notice tone="info" title="This browser has no wallet">
      <p>Open this page in a wallet's own browser, or install a wallet and load the page again.</p>
    </Notice>
  );
}

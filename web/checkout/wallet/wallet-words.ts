// What a wallet's payment waits for, and what stands in its way, in plain words.
import type { Words } from "../../page/words.ts";
import type { HurdleKind } from "./hurdle.ts";
import type { WalletStep } from "./pay-order.ts";

export const STEP_WORDS: Record<WalletStep, string> = {
  connect: "Waiting for your wallet: it asks which account may pay here.",
  network: "Waiting for your wallet: it asks to change the network.",
  ready: "Asking the box office…",
  pay: "Waiting for your wallet: say yes there to pay.",
  approve:
    "Waiting for your wallet: it asks whether the box office may take the price. Nothing is paid yet.",
  approving: "Waiting for the chain to note what you allowed. The payment comes next.",
  sign: "Waiting for your wallet: sign there, and the box office sends the rest.",
};

export const HURDLE_WORDS: Record<HurdleKind, Words> = {
  "other-account": {
    title: "Your wallet shows another account",
    advice: "Nothing was charged. Choose the account that you signed in with, then try again.",
  },
  "other-network": {
    title: "Your wallet is on another network",
    advice: "Nothing was charged. These tickets are sold on another chain than your wallet shows.",
  },
  "unknown-network": {
    title: "Your wallet does not know this network",
    advice: "Nothing was charged. Add the network in your wallet, then try again.",
  },
  "too-little": {
    title: "There is too little in your wallet",
    advice: "Nothing was charged. It takes the price, and some of the network's coin for its fee.",
  },
  "not-taken": {
    title: "The chain would not take this payment now",
    advice: "Nothing was sent. If you paid before, this page shows it in a moment; else try again.",
  },
  reverted: {
    title: "The chain did not take the payment",
    advice: "You have the price still; only the network's fee is gone. You may try again.",
  },
  "perhaps-sent": {
    title: "Your wallet may have paid already",
    advice: "It was asked before. If you said yes there, your tickets show here by themselves.",
  },
  "other-tab": {
    title: "You are paying in another tab",
    advice: "Go on there: your wallet has a question for you.",
  },
  "cannot-sign": {
    title: "This wallet cannot sign for this",
    advice: "Nothing was charged. Pay by a transaction of your own instead.",
  },
  "relay-refused": {
    title: "The chain did not take your signature",
    advice: "Nothing was charged. Sign again, or pay by a transaction of your own.",
  },
};

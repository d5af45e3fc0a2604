// The routes of what a wallet was told.
import type { Handlers } from "../api/handler.ts";
import type { NOTICE_ROUTES } from "../api/notice-routes.ts";
import type { Sql } from "../platform/db/client.ts";
import { listNotices } from "./list-notices.ts";
import { markRead } from "./mark-read.ts";

export function noticeHandlers({ db }: { db: Sql }): Handlers<keyof typeof NOTICE_ROUTES> {
  return {
    listNotices: async ({ query: { limit, cursor, state }, caller: { address: wallet } }) => {
      const isUnread = state === "unread";
      return { body: await listNotices(db, { wallet, limit, before: cursor?.[0], isUnread }) };
    },

    readNotices: async ({ body: { notices: noticeIds }, caller: { address: wallet } }) => {
      await markRead(db, { wallet, noticeIds });
      return { body: undefined };
    },
  };
}

// The routes of what a wallet is told. Part of the table in routes.ts.
import { NoticeListQuery, NoticeListResponse, NoticesReadRequest } from "./notice.ts";
import type { Route } from "./route.ts";

export const NOTICE_ROUTES = {
  listNotices: {
    method: "GET",
    path: "/v1/notices",
    limit: "read",
    summary: "What you were told of your orders, your tickets and their events",
    access: "session",
    query: NoticeListQuery,
    status: 200,
    response: NoticeListResponse,
    errors: [],
  },
  readNotices: {
    method: "POST",
    path: "/v1/notices/read",
    limit: "change",
    summary: "Say that you have read notices; the same again changes nothing",
    access: "session",
    body: NoticesReadRequest,
    status: 204,
    errors: [],
  },
} as const satisfies Record<string, Route>;

// A failure as a caller sees it: RFC 9457 problem details.
import { z } from "zod";
import { ERRORS, type ErrorCode } from "./errors.ts";

export const PROBLEM_CONTENT_TYPE = "application/problem+json";

export const Problem = z
  .looseObject({
    type: z.string().describe("Address of the page that explains the code."),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
    retry: z.enum(["never", "same", "new"]),
    traceId: z.string(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  })
  .describe("Why a request was not done. Further members carry the code's data.");
export type Problem = z.infer<typeof Problem>;

// Wire schemas of what the chain is told besides mints: admissions, payouts, and anchors of the audit log.
import { z } from "zod";
import { JOB_KINDS, JOB_STATES } from "../domain/job.ts";
import { EventId, Time, TxHash } from "./fields.ts";
import { cursorOf, NextCursor, PageSize } from "./page.ts";

export const JOB_LIST = "jobs";

export const JobListQuery = z.strictObject({
  limit: PageSize,
  cursor: cursorOf(JOB_LIST, z.tuple([z.int().min(1)])).optional(),
  state: z.enum(JOB_STATES).optional(),
  kind: z.enum(JOB_KINDS).optional(),
});

export const JobListResponse = z.strictObject({
  jobs: z.array(
    z.strictObject({
      kind: z.enum(JOB_KINDS),
      eventId: EventId.nullable(),
      subject: z.string().describe("What is to be done: there is one job for it."),
      state: z
        .enum(JOB_STATES)
        .describe("`included` once the chain shows it, `done` once no reorg reaches that."),
      reason: z.string().nullable().describe("Why it waits, or needs a person."),
      txHash: TxHash.nullable(),
      tries: z.int().min(0),
      askedAt: Time,
      dueAt: Time.describe("Not tried before then."),
    }),
  ),
  next: NextCursor,
});

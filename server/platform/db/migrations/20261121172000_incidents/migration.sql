-- What the books do not explain: each difference once, from when it was seen first until it is gone.
CREATE TABLE "sale"."incident" (
    "rule" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "detail" TEXT NOT NULL,
    "seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "ended_at" TIMESTAMPTZ(3),
    CONSTRAINT "incident_pkey" PRIMARY KEY ("rule", "subject")
);
CREATE INDEX "incident_open_idx" ON "sale"."incident" ("seen_at") WHERE "ended_at" IS NULL;
GRANT SELECT, INSERT, UPDATE ON "sale"."incident" TO "stagedoor_server";

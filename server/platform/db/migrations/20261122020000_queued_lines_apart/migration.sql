-- Keeps mint lines that wait apart from those that are under way.

-- With several keys the worker read thousands that were under way to find a hundred that wait.
CREATE INDEX "mint_line_waiting_idx" ON "sale"."mint_line" ("state", "deployment", "event_id", "id") WHERE "state" IN ('queued', 'sent');
-- Last, because nobody can read until it is done.
DROP INDEX "sale"."mint_line_open_idx";

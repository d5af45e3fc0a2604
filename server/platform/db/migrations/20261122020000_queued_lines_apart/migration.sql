-- Keeps mint lines that wait apart from those that are under way.

-- With several keys the worker read thousands that were under way to find a hundred that wait.
DROP INDEX "sale"."mint_line_open_idx";
CREATE INDEX "mint_line_open_idx" ON "sale"."mint_line" ("state", "deployment", "event_id", "id") WHERE "state" IN ('queued', 'sent');

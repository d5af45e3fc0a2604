-- Looks at postings once for each statement instead of at commit for each entry.

-- I10: a posting is written by one statement and sums to zero per currency. What is written suffices
-- to see that, so no index is needed, which every order paid for twice.
CREATE FUNCTION "sale"."ledger_postings_balance"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong uuid;
BEGIN
  SELECT "posting" INTO wrong FROM written GROUP BY "posting", "currency"
    HAVING sum("amount") <> 0 LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'posting % does not sum to zero', wrong
      USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_entry_posting_balances';
  END IF;
  RETURN NULL;
END $$;
DROP TRIGGER "ledger_entry_posting_balances" ON "sale"."ledger_entry";
DROP FUNCTION "sale"."ledger_posting_balances"();
CREATE TRIGGER "ledger_entry_posting_balances" AFTER INSERT ON "sale"."ledger_entry"
  REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION "sale"."ledger_postings_balance"();
DROP INDEX "sale"."ledger_entry_posting_idx";

-- +goose Up
-- Programmes of a company for its partners, and their ledger: append-only, double entry, per currency. A balance is kept beside the posts and never goes below zero, but for what the company puts in (source) and what a partner has to give back (owed).
CREATE TABLE fund_program (
  id text PRIMARY KEY, owner_id text NOT NULL REFERENCES org(id), number text NOT NULL, title text NOT NULL, kind text NOT NULL, state text NOT NULL, about text NOT NULL, from_on text NOT NULL, until_on text NOT NULL, zone text NOT NULL, claim_days bigint NOT NULL,
  share bigint NOT NULL, proof text NOT NULL, subject_id text NOT NULL, made bigint NOT NULL, made_by text NOT NULL, changed bigint NOT NULL, version bigint NOT NULL
);
CREATE INDEX fund_program_owner ON fund_program (owner_id, made, id);
CREATE UNIQUE INDEX fund_program_subject ON fund_program (owner_id, subject_id) WHERE subject_id <> '';
CREATE TABLE fund_budget (
  program_id text NOT NULL REFERENCES fund_program(id), currency text NOT NULL, owner_id text NOT NULL REFERENCES org(id), four_eyes bigint NOT NULL, PRIMARY KEY (program_id, currency)
);
CREATE TABLE fund_seat (
  program_id text NOT NULL REFERENCES fund_program(id), org_id text NOT NULL REFERENCES org(id), owner_id text NOT NULL REFERENCES org(id), partnership_id text NOT NULL REFERENCES partnership(id), currency text NOT NULL, added bigint NOT NULL,
  PRIMARY KEY (program_id, org_id)
);
CREATE INDEX fund_seat_org ON fund_seat (org_id, program_id);
CREATE TABLE fund_account (
  id text PRIMARY KEY, program_id text NOT NULL REFERENCES fund_program(id), owner_id text NOT NULL REFERENCES org(id), org_id text NOT NULL, kind text NOT NULL, ref text NOT NULL, currency text NOT NULL, balance bigint NOT NULL,
  CHECK (balance >= 0 OR kind IN ('source', 'owed')), CHECK (balance BETWEEN -100000000000000000 AND 100000000000000000), UNIQUE (program_id, org_id, kind, ref, currency)
);
CREATE INDEX fund_account_org ON fund_account (org_id, owner_id, currency);
CREATE TABLE fund_entry (
  id text PRIMARY KEY, program_id text NOT NULL REFERENCES fund_program(id), owner_id text NOT NULL REFERENCES org(id), org_id text NOT NULL, kind text NOT NULL, currency text NOT NULL, amount bigint NOT NULL, subject_kind text NOT NULL, subject_id text NOT NULL, text text NOT NULL,
  reverses text NOT NULL, person_id text NOT NULL, acted_id text NOT NULL, happened bigint NOT NULL, CHECK (amount > 0)
);
CREATE UNIQUE INDEX fund_entry_reverses ON fund_entry (reverses) WHERE reverses <> '';
CREATE INDEX fund_entry_program ON fund_entry (program_id, happened, id);
CREATE INDEX fund_entry_org ON fund_entry (org_id, owner_id, happened, id);
CREATE TABLE fund_post (
  entry_id text NOT NULL REFERENCES fund_entry(id), position bigint NOT NULL, account_id text NOT NULL REFERENCES fund_account(id), amount bigint NOT NULL, PRIMARY KEY (entry_id, position), CHECK (amount <> 0)
);
CREATE INDEX fund_post_account ON fund_post (account_id, entry_id);
-- +goose StatementBegin
CREATE FUNCTION fund_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger only grows';
END $$;
-- +goose StatementEnd
CREATE TRIGGER fund_entry_guard BEFORE UPDATE OR DELETE ON fund_entry FOR EACH ROW EXECUTE FUNCTION fund_guard();
CREATE TRIGGER fund_entry_no_truncate BEFORE TRUNCATE ON fund_entry FOR EACH STATEMENT EXECUTE FUNCTION fund_guard();
CREATE TRIGGER fund_post_guard BEFORE UPDATE OR DELETE ON fund_post FOR EACH ROW EXECUTE FUNCTION fund_guard();
CREATE TRIGGER fund_post_no_truncate BEFORE TRUNCATE ON fund_post FOR EACH STATEMENT EXECUTE FUNCTION fund_guard();
-- What a person may decide alone, by currency; who has no row is bound by the programme only.
CREATE TABLE fund_limit (
  owner_id text NOT NULL REFERENCES org(id), person_id text NOT NULL, currency text NOT NULL, amount bigint NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL, PRIMARY KEY (owner_id, person_id, currency)
);
-- Requests: what a partner wants to do and have paid for in part. They reserve.
CREATE TABLE fund_request (
  id text PRIMARY KEY, program_id text NOT NULL REFERENCES fund_program(id), owner_id text NOT NULL REFERENCES org(id), org_id text NOT NULL REFERENCES org(id), partnership_id text NOT NULL REFERENCES partnership(id), number text NOT NULL, state text NOT NULL,
  title text NOT NULL, activity text NOT NULL, about text NOT NULL, from_on text NOT NULL, until_on text NOT NULL, currency text NOT NULL, cost bigint NOT NULL, asked bigint NOT NULL, approved bigint NOT NULL, claim_by text NOT NULL, proof text NOT NULL,
  reason text NOT NULL, first_by text NOT NULL, first_mark text NOT NULL, made bigint NOT NULL, made_by text NOT NULL, submitted bigint NOT NULL, submitted_by text NOT NULL, decided bigint NOT NULL, decided_by text NOT NULL, next_at bigint NOT NULL, changed bigint NOT NULL, version bigint NOT NULL
);
CREATE INDEX fund_request_owner ON fund_request (owner_id, state, changed, id);
CREATE INDEX fund_request_org ON fund_request (org_id, state, changed, id);
CREATE INDEX fund_request_due ON fund_request (next_at, id) WHERE next_at > 0;
-- Claims: what a partner wants paid, by line. A line's key is what it stands for; while it lives, no other claim has it.
CREATE TABLE fund_claim (
  id text PRIMARY KEY, program_id text NOT NULL REFERENCES fund_program(id), request_id text NOT NULL, owner_id text NOT NULL REFERENCES org(id), org_id text NOT NULL REFERENCES org(id), partnership_id text NOT NULL REFERENCES partnership(id), number text NOT NULL, state text NOT NULL,
  nature text NOT NULL, title text NOT NULL, currency text NOT NULL, asked bigint NOT NULL, approved bigint NOT NULL, settled bigint NOT NULL, pending bigint NOT NULL, proof text NOT NULL, deducted text NOT NULL, note text NOT NULL, reason text NOT NULL, first_by text NOT NULL, first_mark text NOT NULL,
  source text NOT NULL, source_key text NOT NULL, made bigint NOT NULL, made_by text NOT NULL, submitted bigint NOT NULL, submitted_by text NOT NULL, decided bigint NOT NULL, decided_by text NOT NULL, changed bigint NOT NULL, version bigint NOT NULL
);
CREATE UNIQUE INDEX fund_claim_number ON fund_claim (owner_id, org_id, number);
CREATE UNIQUE INDEX fund_claim_source ON fund_claim (owner_id, org_id, source_key) WHERE source_key <> '';
CREATE INDEX fund_claim_owner ON fund_claim (owner_id, state, changed, id);
CREATE INDEX fund_claim_org ON fund_claim (org_id, state, changed, id);
CREATE INDEX fund_claim_request ON fund_claim (request_id, state) WHERE request_id <> '';
CREATE TABLE fund_claim_line (
  claim_id text NOT NULL REFERENCES fund_claim(id), position bigint NOT NULL, owner_id text NOT NULL REFERENCES org(id), org_id text NOT NULL REFERENCES org(id), line_key text NOT NULL, live bigint NOT NULL, text text NOT NULL, sku text NOT NULL, on_day text NOT NULL, quantity bigint NOT NULL, price bigint NOT NULL,
  asked bigint NOT NULL, approved bigint NOT NULL, verdict text NOT NULL, reason text NOT NULL, missing text NOT NULL, due_on text NOT NULL, order_id text NOT NULL, order_line bigint NOT NULL, PRIMARY KEY (claim_id, position)
);
CREATE UNIQUE INDEX fund_claim_line_key ON fund_claim_line (owner_id, org_id, line_key) WHERE live = 1 AND line_key <> '';
CREATE TABLE fund_settlement (
  id text PRIMARY KEY, claim_id text NOT NULL REFERENCES fund_claim(id), owner_id text NOT NULL REFERENCES org(id), org_id text NOT NULL REFERENCES org(id), kind text NOT NULL, reference text NOT NULL, currency text NOT NULL, amount bigint NOT NULL, tax_rate bigint NOT NULL, tax bigint NOT NULL, on_day text NOT NULL,
  made bigint NOT NULL, made_by text NOT NULL, entry_id text NOT NULL, reversed bigint NOT NULL, reconciled bigint NOT NULL, reconciled_by text NOT NULL, external text NOT NULL
);
CREATE UNIQUE INDEX fund_settlement_reference ON fund_settlement (owner_id, org_id, kind, reference, claim_id) WHERE reversed = 0;
CREATE INDEX fund_settlement_claim ON fund_settlement (claim_id, made, id);
CREATE TABLE fund_file (
  id text PRIMARY KEY, subject_kind text NOT NULL, subject_id text NOT NULL, owner_id text NOT NULL REFERENCES org(id), org_id text NOT NULL REFERENCES org(id), item text NOT NULL, name text NOT NULL, mime text NOT NULL, size bigint NOT NULL, hash text NOT NULL, made bigint NOT NULL, made_by text NOT NULL
);
CREATE INDEX fund_file_subject ON fund_file (subject_id, made, id);
CREATE TABLE fund_log (
  id text PRIMARY KEY, subject_id text NOT NULL, kind text NOT NULL, org_id text NOT NULL, person_id text NOT NULL, amount bigint NOT NULL, currency text NOT NULL, text text NOT NULL, happened bigint NOT NULL
);
CREATE INDEX fund_log_subject ON fund_log (subject_id, happened, id);

-- +goose Up
-- Programmes of a company for its partners, and their ledger: append-only, double entry, per currency. A balance is kept beside the posts and never goes below zero, but for what the company puts in (source) and what a partner has to give back (owed).
CREATE TABLE fund_program (
  id TEXT PRIMARY KEY, owner_id TEXT NOT NULL REFERENCES org(id), number TEXT NOT NULL, title TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL, about TEXT NOT NULL, from_on TEXT NOT NULL, until_on TEXT NOT NULL, zone TEXT NOT NULL, claim_days INTEGER NOT NULL,
  share INTEGER NOT NULL, proof TEXT NOT NULL, subject_id TEXT NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL, changed INTEGER NOT NULL, version INTEGER NOT NULL
);
CREATE INDEX fund_program_owner ON fund_program (owner_id, made, id);
CREATE UNIQUE INDEX fund_program_subject ON fund_program (owner_id, subject_id) WHERE subject_id <> '';
CREATE TABLE fund_budget (
  program_id TEXT NOT NULL REFERENCES fund_program(id), currency TEXT NOT NULL, owner_id TEXT NOT NULL REFERENCES org(id), four_eyes INTEGER NOT NULL, PRIMARY KEY (program_id, currency)
);
CREATE TABLE fund_seat (
  program_id TEXT NOT NULL REFERENCES fund_program(id), org_id TEXT NOT NULL REFERENCES org(id), owner_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id), currency TEXT NOT NULL, added INTEGER NOT NULL,
  PRIMARY KEY (program_id, org_id)
);
CREATE INDEX fund_seat_org ON fund_seat (org_id, program_id);
CREATE TABLE fund_account (
  id TEXT PRIMARY KEY, program_id TEXT NOT NULL REFERENCES fund_program(id), owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL, kind TEXT NOT NULL, ref TEXT NOT NULL, currency TEXT NOT NULL, balance INTEGER NOT NULL,
  CHECK (balance >= 0 OR kind IN ('source', 'owed')), CHECK (balance BETWEEN -100000000000000000 AND 100000000000000000), UNIQUE (program_id, org_id, kind, ref, currency)
);
CREATE INDEX fund_account_org ON fund_account (org_id, owner_id, currency);
CREATE TABLE fund_entry (
  id TEXT PRIMARY KEY, program_id TEXT NOT NULL REFERENCES fund_program(id), owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL, kind TEXT NOT NULL, currency TEXT NOT NULL, amount INTEGER NOT NULL, subject_kind TEXT NOT NULL, subject_id TEXT NOT NULL, text TEXT NOT NULL,
  reverses TEXT NOT NULL, person_id TEXT NOT NULL, acted_id TEXT NOT NULL, happened INTEGER NOT NULL, CHECK (amount > 0)
);
CREATE UNIQUE INDEX fund_entry_reverses ON fund_entry (reverses) WHERE reverses <> '';
CREATE INDEX fund_entry_program ON fund_entry (program_id, happened, id);
CREATE INDEX fund_entry_org ON fund_entry (org_id, owner_id, happened, id);
CREATE TABLE fund_post (
  entry_id TEXT NOT NULL REFERENCES fund_entry(id), position INTEGER NOT NULL, account_id TEXT NOT NULL REFERENCES fund_account(id), amount INTEGER NOT NULL, PRIMARY KEY (entry_id, position), CHECK (amount <> 0)
);
CREATE INDEX fund_post_account ON fund_post (account_id, entry_id);
-- +goose StatementBegin
CREATE TRIGGER fund_entry_no_update BEFORE UPDATE ON fund_entry BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER fund_entry_no_delete BEFORE DELETE ON fund_entry BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER fund_entry_no_replace BEFORE INSERT ON fund_entry WHEN EXISTS (SELECT 1 FROM fund_entry WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER fund_post_no_update BEFORE UPDATE ON fund_post BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER fund_post_no_delete BEFORE DELETE ON fund_post BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER fund_post_no_replace BEFORE INSERT ON fund_post WHEN EXISTS (SELECT 1 FROM fund_post WHERE entry_id = NEW.entry_id AND position = NEW.position) BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
-- +goose StatementEnd
-- What a person may decide alone, by currency; who has no row is bound by the programme only.
CREATE TABLE fund_limit (
  owner_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL, currency TEXT NOT NULL, amount INTEGER NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, PRIMARY KEY (owner_id, person_id, currency)
);
-- Requests: what a partner wants to do and have paid for in part. They reserve.
CREATE TABLE fund_request (
  id TEXT PRIMARY KEY, program_id TEXT NOT NULL REFERENCES fund_program(id), owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id), number TEXT NOT NULL, state TEXT NOT NULL,
  title TEXT NOT NULL, activity TEXT NOT NULL, about TEXT NOT NULL, from_on TEXT NOT NULL, until_on TEXT NOT NULL, currency TEXT NOT NULL, cost INTEGER NOT NULL, asked INTEGER NOT NULL, approved INTEGER NOT NULL, claim_by TEXT NOT NULL, proof TEXT NOT NULL,
  reason TEXT NOT NULL, first_by TEXT NOT NULL, first_mark TEXT NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL, submitted INTEGER NOT NULL, submitted_by TEXT NOT NULL, decided INTEGER NOT NULL, decided_by TEXT NOT NULL, next_at INTEGER NOT NULL, changed INTEGER NOT NULL, version INTEGER NOT NULL
);
CREATE INDEX fund_request_owner ON fund_request (owner_id, state, changed, id);
CREATE INDEX fund_request_org ON fund_request (org_id, state, changed, id);
CREATE INDEX fund_request_due ON fund_request (next_at, id) WHERE next_at > 0;
-- Claims: what a partner wants paid, by line. A line's key is what it stands for; while it lives, no other claim has it.
CREATE TABLE fund_claim (
  id TEXT PRIMARY KEY, program_id TEXT NOT NULL REFERENCES fund_program(id), request_id TEXT NOT NULL, owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id), number TEXT NOT NULL, state TEXT NOT NULL,
  nature TEXT NOT NULL, title TEXT NOT NULL, currency TEXT NOT NULL, asked INTEGER NOT NULL, approved INTEGER NOT NULL, settled INTEGER NOT NULL, pending INTEGER NOT NULL, proof TEXT NOT NULL, deducted TEXT NOT NULL, note TEXT NOT NULL, reason TEXT NOT NULL, first_by TEXT NOT NULL, first_mark TEXT NOT NULL,
  source TEXT NOT NULL, source_key TEXT NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL, submitted INTEGER NOT NULL, submitted_by TEXT NOT NULL, decided INTEGER NOT NULL, decided_by TEXT NOT NULL, changed INTEGER NOT NULL, version INTEGER NOT NULL
);
CREATE UNIQUE INDEX fund_claim_number ON fund_claim (owner_id, org_id, number);
CREATE UNIQUE INDEX fund_claim_source ON fund_claim (owner_id, org_id, source_key) WHERE source_key <> '';
CREATE INDEX fund_claim_owner ON fund_claim (owner_id, state, changed, id);
CREATE INDEX fund_claim_org ON fund_claim (org_id, state, changed, id);
CREATE INDEX fund_claim_request ON fund_claim (request_id, state) WHERE request_id <> '';
CREATE TABLE fund_claim_line (
  claim_id TEXT NOT NULL REFERENCES fund_claim(id), position INTEGER NOT NULL, owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL REFERENCES org(id), line_key TEXT NOT NULL, live INTEGER NOT NULL, text TEXT NOT NULL, sku TEXT NOT NULL, on_day TEXT NOT NULL, quantity INTEGER NOT NULL, price INTEGER NOT NULL,
  asked INTEGER NOT NULL, approved INTEGER NOT NULL, verdict TEXT NOT NULL, reason TEXT NOT NULL, missing TEXT NOT NULL, due_on TEXT NOT NULL, order_id TEXT NOT NULL, order_line INTEGER NOT NULL, PRIMARY KEY (claim_id, position)
);
CREATE UNIQUE INDEX fund_claim_line_key ON fund_claim_line (owner_id, org_id, line_key) WHERE live = 1 AND line_key <> '';
CREATE TABLE fund_settlement (
  id TEXT PRIMARY KEY, claim_id TEXT NOT NULL REFERENCES fund_claim(id), owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL REFERENCES org(id), kind TEXT NOT NULL, reference TEXT NOT NULL, currency TEXT NOT NULL, amount INTEGER NOT NULL, tax_rate INTEGER NOT NULL, tax INTEGER NOT NULL, on_day TEXT NOT NULL,
  made INTEGER NOT NULL, made_by TEXT NOT NULL, entry_id TEXT NOT NULL, reversed INTEGER NOT NULL, reconciled INTEGER NOT NULL, reconciled_by TEXT NOT NULL, external TEXT NOT NULL
);
CREATE UNIQUE INDEX fund_settlement_reference ON fund_settlement (owner_id, org_id, kind, reference, claim_id) WHERE reversed = 0;
CREATE INDEX fund_settlement_claim ON fund_settlement (claim_id, made, id);
CREATE TABLE fund_file (
  id TEXT PRIMARY KEY, subject_kind TEXT NOT NULL, subject_id TEXT NOT NULL, owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL REFERENCES org(id), item TEXT NOT NULL, name TEXT NOT NULL, mime TEXT NOT NULL, size INTEGER NOT NULL, hash TEXT NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL
);
CREATE INDEX fund_file_subject ON fund_file (subject_id, made, id);
CREATE TABLE fund_log (
  id TEXT PRIMARY KEY, subject_id TEXT NOT NULL, kind TEXT NOT NULL, org_id TEXT NOT NULL, person_id TEXT NOT NULL, amount INTEGER NOT NULL, currency TEXT NOT NULL, text TEXT NOT NULL, happened INTEGER NOT NULL
);
CREATE INDEX fund_log_subject ON fund_log (subject_id, happened, id);

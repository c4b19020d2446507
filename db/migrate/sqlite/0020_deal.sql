-- +goose Up
-- Registrations of deals, what speaks for them, and the terms they are decided by.
CREATE TABLE deal (
  id TEXT PRIMARY KEY, code TEXT NOT NULL, supplier_id TEXT NOT NULL REFERENCES org(id), registrant_id TEXT NOT NULL REFERENCES org(id), fulfiller_id TEXT NOT NULL, partnership_id TEXT NOT NULL REFERENCES partnership(id),
  pen TEXT NOT NULL, decision TEXT NOT NULL, supplier_lane TEXT NOT NULL, supplier_due INTEGER NOT NULL, registrant_lane TEXT NOT NULL, registrant_due INTEGER NOT NULL, counting BOOLEAN NOT NULL,
  kind TEXT NOT NULL, title TEXT NOT NULL, customer_name TEXT NOT NULL, value INTEGER NOT NULL, currency TEXT NOT NULL, close_on TEXT NOT NULL, tender TEXT NOT NULL, body TEXT NOT NULL, keys TEXT NOT NULL, block TEXT NOT NULL, families TEXT NOT NULL,
  private TEXT NOT NULL, external TEXT NOT NULL, account_id TEXT NOT NULL, offer_id TEXT NOT NULL,
  score INTEGER NOT NULL, submits INTEGER NOT NULL, submitted INTEGER NOT NULL, reviewer TEXT NOT NULL, review_start INTEGER NOT NULL, review_half INTEGER NOT NULL, review_most INTEGER NOT NULL, review_due INTEGER NOT NULL,
  reason TEXT NOT NULL, comment TEXT NOT NULL, against_id TEXT NOT NULL, decided INTEGER NOT NULL, decided_by TEXT NOT NULL,
  guard_from INTEGER NOT NULL, guard_until INTEGER NOT NULL, guard_grace INTEGER NOT NULL, guard_frozen INTEGER NOT NULL, guard_halted INTEGER NOT NULL, extensions INTEGER NOT NULL, asked INTEGER NOT NULL, asked_by TEXT NOT NULL, asked_reason TEXT NOT NULL,
  postponed BOOLEAN NOT NULL, share INTEGER NOT NULL, disputes INTEGER NOT NULL, ordered INTEGER NOT NULL, open INTEGER NOT NULL, invoiced INTEGER NOT NULL, won INTEGER NOT NULL, lines INTEGER NOT NULL,
  warned INTEGER NOT NULL, late BOOLEAN NOT NULL, holds BOOLEAN NOT NULL, next_at INTEGER NOT NULL, made_by TEXT NOT NULL, created INTEGER NOT NULL, changed INTEGER NOT NULL, version INTEGER NOT NULL, UNIQUE (supplier_id, code)
);
CREATE INDEX deal_supplier ON deal (supplier_id, supplier_lane, supplier_due, id);
CREATE INDEX deal_registrant ON deal (registrant_id, registrant_lane, registrant_due, id);
CREATE INDEX deal_fulfiller ON deal (fulfiller_id, registrant_lane, registrant_due, id) WHERE fulfiller_id <> '';
CREATE INDEX deal_partner ON deal (supplier_id, registrant_id, supplier_lane, supplier_due, id);
CREATE INDEX deal_earning ON deal (supplier_id, registrant_id) WHERE decision IN ('protected', 'expired', 'registered', 'won');
CREATE INDEX deal_fulfilled ON deal (supplier_id, fulfiller_id) WHERE decision IN ('protected', 'expired', 'registered', 'won');
CREATE INDEX deal_tender ON deal (supplier_id, tender) WHERE tender <> '';
CREATE INDEX deal_counting ON deal (partnership_id) WHERE counting;
CREATE INDEX deal_block ON deal (supplier_id, block, registrant_lane) WHERE block <> '';
CREATE INDEX deal_next ON deal (next_at, id) WHERE next_at > 0;
CREATE UNIQUE INDEX deal_external ON deal (registrant_id, external) WHERE external <> '';
CREATE UNIQUE INDEX deal_offer ON deal (offer_id) WHERE offer_id <> '';
CREATE TABLE deal_key (
  supplier_id TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, live BOOLEAN NOT NULL, deal_id TEXT NOT NULL REFERENCES deal(id), PRIMARY KEY (supplier_id, kind, value, live, deal_id)
);
CREATE INDEX deal_key_deal ON deal_key (deal_id);
CREATE TABLE deal_similar (
  deal_id TEXT NOT NULL REFERENCES deal(id), other_id TEXT NOT NULL REFERENCES deal(id), supplier_id TEXT NOT NULL, found INTEGER NOT NULL, PRIMARY KEY (deal_id, other_id)
);
CREATE INDEX deal_similar_other ON deal_similar (other_id);
CREATE TABLE deal_try (
  registrant_id TEXT NOT NULL, supplier_id TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, happened INTEGER NOT NULL, deal_id TEXT NOT NULL REFERENCES deal(id), PRIMARY KEY (registrant_id, supplier_id, kind, value, happened, deal_id)
);
CREATE TABLE deal_entry (
  id TEXT PRIMARY KEY, deal_id TEXT NOT NULL REFERENCES deal(id), kind TEXT NOT NULL, org_id TEXT NOT NULL, person_id TEXT NOT NULL, was TEXT NOT NULL, became TEXT NOT NULL, reason TEXT NOT NULL, note TEXT NOT NULL, args TEXT NOT NULL, seen TEXT NOT NULL, happened INTEGER NOT NULL
);
CREATE INDEX deal_entry_deal ON deal_entry (deal_id, happened);
CREATE TABLE deal_file (
  id TEXT PRIMARY KEY, deal_id TEXT NOT NULL REFERENCES deal(id), org_id TEXT NOT NULL, person_id TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL, mime TEXT NOT NULL, hash TEXT NOT NULL, note TEXT NOT NULL, happened INTEGER NOT NULL
);
CREATE INDEX deal_file_deal ON deal_file (deal_id, happened);
CREATE TABLE deal_dispute (
  id TEXT PRIMARY KEY, supplier_id TEXT NOT NULL, claim_id TEXT NOT NULL, holder_id TEXT NOT NULL, org_id TEXT NOT NULL, person_id TEXT NOT NULL, reason TEXT NOT NULL, text TEXT NOT NULL, decider_id TEXT NOT NULL,
  due_start INTEGER NOT NULL, due_half INTEGER NOT NULL, due_most INTEGER NOT NULL, due INTEGER NOT NULL, ruling TEXT NOT NULL, percent INTEGER NOT NULL, note TEXT NOT NULL, opened INTEGER NOT NULL, ruled INTEGER NOT NULL, ruled_by TEXT NOT NULL
);
CREATE INDEX deal_dispute_claim ON deal_dispute (claim_id) WHERE claim_id <> '';
CREATE INDEX deal_dispute_holder ON deal_dispute (holder_id) WHERE holder_id <> '';
CREATE INDEX deal_dispute_open ON deal_dispute (supplier_id, due) WHERE ruling = '';
CREATE TABLE deal_line (
  order_id TEXT NOT NULL, line INTEGER NOT NULL, deal_id TEXT NOT NULL REFERENCES deal(id), supplier_id TEXT NOT NULL, number TEXT NOT NULL, basis TEXT NOT NULL, sku TEXT NOT NULL, ordered INTEGER NOT NULL, open INTEGER NOT NULL, invoiced INTEGER NOT NULL,
  amount INTEGER NOT NULL, value INTEGER NOT NULL, counts BOOLEAN NOT NULL, why TEXT NOT NULL, happened INTEGER NOT NULL, PRIMARY KEY (order_id, line, deal_id)
);
CREATE INDEX deal_line_deal ON deal_line (deal_id, happened);
CREATE TABLE deal_terms (
  org_id TEXT PRIMARY KEY REFERENCES org(id), body TEXT NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, version INTEGER NOT NULL
);
CREATE TABLE deal_place (
  partnership_id TEXT PRIMARY KEY REFERENCES partnership(id), supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, tier TEXT NOT NULL, countries TEXT NOT NULL, families TEXT NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, version INTEGER NOT NULL
);
CREATE INDEX deal_place_supplier ON deal_place (supplier_id);
CREATE TABLE deal_search (
  doc INTEGER PRIMARY KEY, deal_id TEXT NOT NULL UNIQUE, words TEXT NOT NULL
);
CREATE VIRTUAL TABLE deal_search_fts USING fts5 (words, content='deal_search', content_rowid='doc', tokenize='unicode61 remove_diacritics 2');
-- +goose StatementBegin
CREATE TRIGGER deal_search_insert AFTER INSERT ON deal_search BEGIN INSERT INTO deal_search_fts (rowid, words) VALUES (NEW.doc, NEW.words); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER deal_search_delete AFTER DELETE ON deal_search BEGIN INSERT INTO deal_search_fts (deal_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER deal_search_update AFTER UPDATE ON deal_search BEGIN
  INSERT INTO deal_search_fts (deal_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words);
  INSERT INTO deal_search_fts (rowid, words) VALUES (NEW.doc, NEW.words);
END;
-- +goose StatementEnd

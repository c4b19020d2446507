-- +goose Up
-- Leads of each company, their offers to partners, and the rules that route them.
CREATE TABLE lead (
  org_id TEXT NOT NULL REFERENCES org(id), id TEXT NOT NULL, number INTEGER NOT NULL, customer_id TEXT NOT NULL, contact_id TEXT NOT NULL, title TEXT NOT NULL, need TEXT NOT NULL, details TEXT NOT NULL,
  industry TEXT NOT NULL, size TEXT NOT NULL, families TEXT NOT NULL, products TEXT NOT NULL, value INTEGER NOT NULL, currency TEXT NOT NULL, expected TEXT NOT NULL, source TEXT NOT NULL, campaign TEXT NOT NULL, external TEXT NOT NULL,
  state TEXT NOT NULL, holder_id TEXT NOT NULL, offer_id TEXT NOT NULL, round INTEGER NOT NULL, reason TEXT NOT NULL, unplaced INTEGER NOT NULL, made_by TEXT NOT NULL,
  created INTEGER NOT NULL, changed INTEGER NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (org_id, id)
);
CREATE INDEX lead_state ON lead (org_id, state, created, id);
CREATE INDEX lead_customer ON lead (org_id, customer_id);
CREATE UNIQUE INDEX lead_external ON lead (org_id, external) WHERE external <> '';
CREATE TABLE lead_offer (
  id TEXT PRIMARY KEY, lead_id TEXT NOT NULL, supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id), number INTEGER NOT NULL,
  state TEXT NOT NULL, phase TEXT NOT NULL, due INTEGER NOT NULL, teaser TEXT NOT NULL, shared TEXT NOT NULL, rule_id TEXT NOT NULL, rule TEXT NOT NULL, fit INTEGER NOT NULL, factors TEXT NOT NULL, note TEXT NOT NULL, convert_hours INTEGER NOT NULL,
  offered INTEGER NOT NULL, offered_by TEXT NOT NULL, opened INTEGER NOT NULL, opened_by TEXT NOT NULL, answered INTEGER NOT NULL, answered_by TEXT NOT NULL, reason TEXT NOT NULL, comment TEXT NOT NULL,
  accept_half INTEGER NOT NULL, accept_most INTEGER NOT NULL, accept_due INTEGER NOT NULL, convert_start INTEGER NOT NULL, convert_half INTEGER NOT NULL, convert_most INTEGER NOT NULL, convert_due INTEGER NOT NULL,
  worked INTEGER NOT NULL, ended INTEGER NOT NULL, deal_id TEXT NOT NULL, warned INTEGER NOT NULL, next_at INTEGER NOT NULL, version INTEGER NOT NULL, UNIQUE (partnership_id, number)
);
CREATE INDEX lead_offer_reseller ON lead_offer (reseller_id, phase, due, id);
CREATE INDEX lead_offer_supplier ON lead_offer (supplier_id, phase, due, id);
CREATE INDEX lead_offer_lead ON lead_offer (supplier_id, lead_id);
CREATE INDEX lead_offer_offered ON lead_offer (supplier_id, offered);
CREATE INDEX lead_offer_next ON lead_offer (next_at, id) WHERE next_at > 0;
CREATE TABLE lead_activity (
  id TEXT PRIMARY KEY, offer_id TEXT NOT NULL REFERENCES lead_offer(id), supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, org_id TEXT NOT NULL, person_id TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL, due TEXT NOT NULL, happened INTEGER NOT NULL
);
CREATE INDEX lead_activity_offer ON lead_activity (offer_id, happened);
CREATE TABLE lead_rule (
  org_id TEXT NOT NULL REFERENCES org(id), id TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, active BOOLEAN NOT NULL, countries TEXT NOT NULL, postcodes TEXT NOT NULL, families TEXT NOT NULL, partners TEXT NOT NULL,
  least INTEGER NOT NULL, currency TEXT NOT NULL, accept INTEGER NOT NULL, convert INTEGER NOT NULL, rounds INTEGER NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (org_id, id)
);
CREATE TABLE lead_profile (
  partnership_id TEXT PRIMARY KEY REFERENCES partnership(id), supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, most INTEGER NOT NULL, countries TEXT NOT NULL, postcodes TEXT NOT NULL, families TEXT NOT NULL,
  changed INTEGER NOT NULL, changed_by TEXT NOT NULL, version INTEGER NOT NULL
);
CREATE INDEX lead_profile_supplier ON lead_profile (supplier_id);
CREATE TABLE lead_search (
  doc INTEGER PRIMARY KEY, lead_id TEXT NOT NULL UNIQUE, words TEXT NOT NULL
);
CREATE VIRTUAL TABLE lead_search_fts USING fts5 (words, content='lead_search', content_rowid='doc', tokenize='unicode61 remove_diacritics 2');
-- +goose StatementBegin
CREATE TRIGGER lead_search_insert AFTER INSERT ON lead_search BEGIN INSERT INTO lead_search_fts (rowid, words) VALUES (NEW.doc, NEW.words); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER lead_search_delete AFTER DELETE ON lead_search BEGIN INSERT INTO lead_search_fts (lead_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER lead_search_update AFTER UPDATE ON lead_search BEGIN
  INSERT INTO lead_search_fts (lead_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words);
  INSERT INTO lead_search_fts (rowid, words) VALUES (NEW.doc, NEW.words);
END;
-- +goose StatementEnd

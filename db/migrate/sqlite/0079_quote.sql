-- +goose Up
-- Quotes between a supplier and one reseller, their rounds, and the lines of orders that draw on them. A round never changes; terms is its whole text. lane says who is to act: supplier, reseller, accepted or closed.
CREATE TABLE quote (
  id TEXT PRIMARY KEY, supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), partnership_id TEXT NOT NULL REFERENCES partnership(id), number TEXT NOT NULL, source_key TEXT NOT NULL,
  state TEXT NOT NULL, lane TEXT NOT NULL, round INTEGER NOT NULL, currency TEXT NOT NULL, deal_id TEXT NOT NULL, deal_code TEXT NOT NULL, title TEXT NOT NULL, customer TEXT NOT NULL, total INTEGER NOT NULL, line_count INTEGER NOT NULL,
  made INTEGER NOT NULL, made_by TEXT NOT NULL, made_org TEXT NOT NULL, changed INTEGER NOT NULL, expires INTEGER NOT NULL, next_at INTEGER NOT NULL, warned INTEGER NOT NULL, reason TEXT NOT NULL, comment TEXT NOT NULL,
  decided INTEGER NOT NULL, decided_by TEXT NOT NULL, decided_org TEXT NOT NULL, order_id TEXT NOT NULL, order_number TEXT NOT NULL, offer_approval TEXT NOT NULL, order_approval TEXT NOT NULL, tries INTEGER NOT NULL
);
CREATE UNIQUE INDEX quote_number ON quote (supplier_id, reseller_id, number);
CREATE UNIQUE INDEX quote_source ON quote (made_org, source_key) WHERE source_key <> '';
CREATE INDEX quote_supplier ON quote (supplier_id, lane, changed, id);
CREATE INDEX quote_reseller ON quote (reseller_id, lane, changed, id);
CREATE INDEX quote_supplier_all ON quote (supplier_id, changed, id);
CREATE INDEX quote_reseller_all ON quote (reseller_id, changed, id);
CREATE INDEX quote_deal ON quote (deal_id, changed) WHERE deal_id <> '';
CREATE INDEX quote_next ON quote (next_at, id) WHERE next_at > 0;
CREATE TABLE quote_version (
  quote_id TEXT NOT NULL REFERENCES quote(id), number INTEGER NOT NULL, supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id), kind TEXT NOT NULL, org_id TEXT NOT NULL, person_id TEXT NOT NULL,
  terms TEXT NOT NULL, hash TEXT NOT NULL, made INTEGER NOT NULL, PRIMARY KEY (quote_id, number)
);
CREATE TABLE quote_order_line (
  order_id TEXT NOT NULL REFERENCES purchase_order(id), line INTEGER NOT NULL, quote_id TEXT NOT NULL REFERENCES quote(id), item INTEGER NOT NULL, supplier_id TEXT NOT NULL REFERENCES org(id), reseller_id TEXT NOT NULL REFERENCES org(id),
  factor INTEGER NOT NULL, made INTEGER NOT NULL, PRIMARY KEY (order_id, line)
);
CREATE INDEX quote_order_line_quote ON quote_order_line (quote_id, order_id);
CREATE TABLE quote_search (
  doc INTEGER PRIMARY KEY, quote_id TEXT NOT NULL UNIQUE, words TEXT NOT NULL
);
CREATE VIRTUAL TABLE quote_search_fts USING fts5 (words, content='quote_search', content_rowid='doc', tokenize='unicode61 remove_diacritics 2');
-- +goose StatementBegin
CREATE TRIGGER quote_search_insert AFTER INSERT ON quote_search BEGIN INSERT INTO quote_search_fts (rowid, words) VALUES (NEW.doc, NEW.words); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER quote_search_delete AFTER DELETE ON quote_search BEGIN INSERT INTO quote_search_fts (quote_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER quote_search_update AFTER UPDATE ON quote_search BEGIN
  INSERT INTO quote_search_fts (quote_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words);
  INSERT INTO quote_search_fts (rowid, words) VALUES (NEW.doc, NEW.words);
END;
-- +goose StatementEnd

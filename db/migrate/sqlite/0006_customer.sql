-- +goose Up
-- End customers of each company, their identity keys, contacts and merges.
CREATE TABLE customer (
  org_id TEXT NOT NULL REFERENCES org(id), id TEXT NOT NULL, name TEXT NOT NULL, country TEXT NOT NULL, city TEXT NOT NULL, street TEXT NOT NULL, postcode TEXT NOT NULL,
  tax_id TEXT NOT NULL, gln TEXT NOT NULL, duns TEXT NOT NULL, web TEXT NOT NULL, note TEXT NOT NULL, external TEXT NOT NULL, sorted TEXT NOT NULL, block TEXT NOT NULL,
  state TEXT NOT NULL, into_id TEXT NOT NULL, made_by TEXT NOT NULL, created INTEGER NOT NULL, changed INTEGER NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (org_id, id)
);
CREATE INDEX customer_sorted ON customer (org_id, state, sorted, id);
CREATE INDEX customer_block ON customer (org_id, block) WHERE block <> '';
CREATE UNIQUE INDEX customer_external ON customer (org_id, external) WHERE external <> '' AND state = 'active';
CREATE TABLE customer_key (
  org_id TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, customer_id TEXT NOT NULL, PRIMARY KEY (org_id, kind, value, customer_id)
);
CREATE INDEX customer_key_customer ON customer_key (org_id, customer_id);
CREATE TABLE contact (
  org_id TEXT NOT NULL REFERENCES org(id), id TEXT NOT NULL, customer_id TEXT NOT NULL, name TEXT NOT NULL, title TEXT NOT NULL, mail TEXT NOT NULL, phone TEXT NOT NULL,
  may_contact BOOLEAN NOT NULL, may_share BOOLEAN NOT NULL, basis TEXT NOT NULL, given INTEGER NOT NULL, given_by TEXT NOT NULL,
  created INTEGER NOT NULL, changed INTEGER NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (org_id, id)
);
CREATE INDEX contact_customer ON contact (org_id, customer_id);
CREATE TABLE customer_merge (
  org_id TEXT NOT NULL REFERENCES org(id), id TEXT NOT NULL, winner_id TEXT NOT NULL, loser_id TEXT NOT NULL, before TEXT NOT NULL, made_by TEXT NOT NULL, made INTEGER NOT NULL, undone INTEGER NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX customer_merge_winner ON customer_merge (org_id, winner_id, made);
CREATE TABLE customer_search (
  doc INTEGER PRIMARY KEY, customer_id TEXT NOT NULL UNIQUE, words TEXT NOT NULL
);
CREATE VIRTUAL TABLE customer_search_fts USING fts5 (words, content='customer_search', content_rowid='doc', tokenize='unicode61 remove_diacritics 2');
-- +goose StatementBegin
CREATE TRIGGER customer_search_insert AFTER INSERT ON customer_search BEGIN INSERT INTO customer_search_fts (rowid, words) VALUES (NEW.doc, NEW.words); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER customer_search_delete AFTER DELETE ON customer_search BEGIN INSERT INTO customer_search_fts (customer_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER customer_search_update AFTER UPDATE ON customer_search BEGIN
  INSERT INTO customer_search_fts (customer_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words);
  INSERT INTO customer_search_fts (rowid, words) VALUES (NEW.doc, NEW.words);
END;
-- +goose StatementEnd

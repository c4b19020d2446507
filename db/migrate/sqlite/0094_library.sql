-- +goose Up
-- The library: documents of a company addressed to its partners, by version. told is the version of which the partners have been told.
CREATE TABLE library_document (
  id TEXT PRIMARY KEY, owner_id TEXT NOT NULL REFERENCES org(id), title TEXT NOT NULL, about TEXT NOT NULL, kind TEXT NOT NULL, language TEXT NOT NULL, valid_from TEXT NOT NULL, expires TEXT NOT NULL,
  everyone INTEGER NOT NULL, confirm INTEGER NOT NULL, version INTEGER NOT NULL, told INTEGER NOT NULL, reminded INTEGER NOT NULL, withdrawn INTEGER NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL, changed INTEGER NOT NULL, client_key TEXT NOT NULL, UNIQUE (made_by, client_key)
);
CREATE INDEX library_document_owner ON library_document (owner_id, changed, id);
CREATE INDEX library_document_untold ON library_document (valid_from) WHERE told < version AND withdrawn = 0;
-- To whom: kind org is a chosen partner; tier and country narrow what everyone says.
CREATE TABLE library_target (
  document_id TEXT NOT NULL REFERENCES library_document(id), kind TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (document_id, kind, value)
);
CREATE TABLE library_version (
  document_id TEXT NOT NULL REFERENCES library_document(id), number INTEGER NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, size INTEGER NOT NULL, hash TEXT NOT NULL, note TEXT NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL, PRIMARY KEY (document_id, number)
);
-- The register: who opened the page of a version, took its file and confirmed it, and when.
CREATE TABLE library_reading (
  document_id TEXT NOT NULL REFERENCES library_document(id), number INTEGER NOT NULL, org_id TEXT NOT NULL REFERENCES org(id), person_id TEXT NOT NULL REFERENCES person(id), seen INTEGER NOT NULL, fetched INTEGER NOT NULL, fetches INTEGER NOT NULL, confirmed INTEGER NOT NULL, PRIMARY KEY (document_id, number, org_id, person_id)
);
CREATE INDEX library_reading_person ON library_reading (person_id, org_id, document_id);
CREATE TABLE library_search (
  doc INTEGER PRIMARY KEY, document_id TEXT NOT NULL UNIQUE, words TEXT NOT NULL
);
CREATE VIRTUAL TABLE library_search_fts USING fts5 (words, content='library_search', content_rowid='doc', tokenize='unicode61 remove_diacritics 2');
-- +goose StatementBegin
CREATE TRIGGER library_search_insert AFTER INSERT ON library_search BEGIN INSERT INTO library_search_fts (rowid, words) VALUES (NEW.doc, NEW.words); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER library_search_delete AFTER DELETE ON library_search BEGIN INSERT INTO library_search_fts (library_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER library_search_update AFTER UPDATE ON library_search BEGIN
  INSERT INTO library_search_fts (library_search_fts, rowid, words) VALUES ('delete', OLD.doc, OLD.words);
  INSERT INTO library_search_fts (rowid, words) VALUES (NEW.doc, NEW.words);
END;
-- +goose StatementEnd

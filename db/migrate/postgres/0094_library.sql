-- +goose Up
-- The library: documents of a company addressed to its partners, by version. told is the version of which the partners have been told.
CREATE TABLE library_document (
  id text PRIMARY KEY, owner_id text NOT NULL REFERENCES org(id), title text NOT NULL, about text NOT NULL, kind text NOT NULL, language text NOT NULL, valid_from text NOT NULL, expires text NOT NULL,
  everyone bigint NOT NULL, confirm bigint NOT NULL, version bigint NOT NULL, told bigint NOT NULL, reminded bigint NOT NULL, withdrawn bigint NOT NULL, made bigint NOT NULL, made_by text NOT NULL, changed bigint NOT NULL, client_key text NOT NULL, UNIQUE (made_by, client_key)
);
CREATE INDEX library_document_owner ON library_document (owner_id, changed, id);
CREATE INDEX library_document_untold ON library_document (valid_from) WHERE told < version AND withdrawn = 0;
-- To whom: kind org is a chosen partner; tier and country narrow what everyone says.
CREATE TABLE library_target (
  document_id text NOT NULL REFERENCES library_document(id), kind text NOT NULL, value text NOT NULL, PRIMARY KEY (document_id, kind, value)
);
CREATE TABLE library_version (
  document_id text NOT NULL REFERENCES library_document(id), number bigint NOT NULL, name text NOT NULL, type text NOT NULL, size bigint NOT NULL, hash text NOT NULL, note text NOT NULL, made bigint NOT NULL, made_by text NOT NULL, PRIMARY KEY (document_id, number)
);
-- The register: who opened the page of a version, took its file and confirmed it, and when.
CREATE TABLE library_reading (
  document_id text NOT NULL REFERENCES library_document(id), number bigint NOT NULL, org_id text NOT NULL REFERENCES org(id), person_id text NOT NULL REFERENCES person(id), seen bigint NOT NULL, fetched bigint NOT NULL, fetches bigint NOT NULL, confirmed bigint NOT NULL, PRIMARY KEY (document_id, number, org_id, person_id)
);
CREATE INDEX library_reading_person ON library_reading (person_id, org_id, document_id);
CREATE TABLE library_search (
  document_id text PRIMARY KEY, words tsvector NOT NULL
);
CREATE INDEX library_search_words ON library_search USING gin (words);

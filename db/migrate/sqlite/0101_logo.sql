-- +goose Up
-- The logo of a company: a picture that was drawn anew, among the payloads by its hash.
CREATE TABLE company_logo (
  org_id TEXT PRIMARY KEY REFERENCES org(id), hash TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL
);
